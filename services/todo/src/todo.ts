import * as z from "zod";
import "zod-openapi";
import { invalidInput, TodoError } from "./errors.ts";
import { maxId, parseId } from "./id.ts";

/** The lengths are Unicode characters, as MySQL and JSON Schema count them. */
export const limits = { status: 255, content: 10_000, page: 1_000 } as const;

/** One row, as it goes over the wire: keys in this order. */
export interface Todo {
  id: number;
  status: string;
  content: string;
}

/** What a client may set. An `id` is accepted, of any type, and ignored: the path names the todo. */
export interface TodoInput {
  status: string;
  content: string;
}

/** A page: the todos after an id, by id. `after` is decimal digits, since a BIGINT is wider than a number. */
export interface Page {
  limit: number;
  after: string;
}

const loneSurrogate = /\p{Surrogate}/u;

/** Text of at most `max` characters that survives the way to MySQL and back unchanged. */
function text(max: number): z.ZodString {
  return z
    .string({ error: (issue) => (issue.input === undefined ? "is missing" : "must be a string") })
    .refine((value) => !loneSurrogate.test(value), { error: "holds half of a surrogate pair", abort: true })
    .refine((value) => value.length <= max || [...value].length <= max, { error: `is longer than ${max} characters` });
}

export const todoSchema: z.ZodType<Todo> = z
  .object({
    id: z.int().min(1).meta({ description: "Given by the database", example: 1 }),
    status: z.string().meta({ example: "new", maxLength: limits.status }),
    content: z.string().meta({ example: "Hello World", maxLength: limits.content }),
  })
  .meta({ id: "Todo" });

export const todoInputSchema: z.ZodType<TodoInput> = z
  .object(
    {
      id: z.unknown().optional().meta({ description: "Accepted and ignored: the path names the todo" }),
      status: text(limits.status)
        .default("new")
        .meta({ description: 'Any word; "new" when missing', example: "new", maxLength: limits.status }),
      content: text(limits.content).meta({ example: "Hello World", maxLength: limits.content }),
    },
    { error: "must be a JSON object" },
  )
  .transform(({ status, content }) => ({ status, content }))
  .meta({ id: "TodoInput" });

/** Digits in a query parameter; given twice it is an array, and refused. */
function digits(detail: string): z.ZodString {
  return z.string({ error: detail }).regex(/^[0-9]{1,20}$/, { error: detail, abort: true });
}

const limitDetail = `must be a whole number from 1 to ${limits.page}`;
const afterDetail = `must be an id: a whole number from 0 to ${maxId}`;

export const pageSchema: z.ZodObject<{ limit: z.ZodType<number>; after: z.ZodType<string> }> = z.object({
  limit: digits(limitDetail)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= limits.page, { error: limitDetail })
    .default(limits.page)
    .meta({
      description: "At most so many",
      override: { type: "integer", minimum: 1, maximum: limits.page, default: limits.page },
    }),
  after: digits(afterDetail)
    .refine((after) => parseId(after) !== undefined, { error: afterDetail })
    .default("0")
    .meta({
      description: "Only todos with a greater id",
      override: { type: "integer", format: "int64", minimum: 0, default: 0 },
    }),
});

/** @throws TodoError `INVALID_INPUT` that names every field that is wrong */
export function parseTodoInput(body: unknown): TodoInput {
  return parse(todoInputSchema, body);
}

/** Parameters that are not known are ignored. @throws TodoError `INVALID_INPUT` that names the parameter */
export function parsePage(query: unknown): Page {
  return parse<Page>(pageSchema, query);
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => ({ field: issue.path.join("."), detail: issue.message }));
  const [first, ...others] = faults;
  if (!first || others.length === 0) throw invalidInput(first?.field ?? "", first?.detail ?? "is not valid");
  const message = faults.map(({ field, detail }) => `${field} ${detail}`).join("; ");
  throw new TodoError({ code: "INVALID_INPUT", message, faults });
}
