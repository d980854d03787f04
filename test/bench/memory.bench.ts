import { benchProgram } from "./run-program.ts";

benchProgram("memory", "the memory of a joined service beyond Express and mysql2");
