import { benchProgram } from "./run-program.ts";

benchProgram("watch", "a change in Consul until a watch knows it, against a bare blocking query");
