import { benchProgram } from "./run-program.ts";

benchProgram("leases", "the cost of a lease, from 10 to 10,000");
