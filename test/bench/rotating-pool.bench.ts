import { benchProgram } from "./run-program.ts";

benchProgram("rotating-pool", "the rotating pool against a bare mysql2 pool on the same server");
