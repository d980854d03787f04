import * as z from "zod";
import { createDocument, type oas31, type ZodOpenApiResponseObject } from "zod-openapi";
import { healthStatus } from "./health.ts";
import { pageSchema, todoInputSchema, todoSchema } from "./todo.ts";

const idSchema = z.int().min(0).meta({ format: "int64", description: "The id of a todo", example: 1 });

const problemSchema = z
  .object({
    type: z.string().meta({ example: "about:blank" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: "Stable, for programs", example: "INVALID_INPUT" }),
    errors: z
      .array(z.object({ field: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: "For bad input: each field that is wrong" }),
  })
  .meta({ id: "Problem", description: "RFC 9457" });

const healthSchema = z
  .object({
    status: z.enum(["passing", "degraded", "critical"]),
    parts: z.array(z.object({ name: z.string(), status: z.string(), reason: z.string().optional() })),
  })
  .meta({ id: "Health" });

function json(description: string, schema: z.ZodType): ZodOpenApiResponseObject {
  return { description, content: { "application/json": { schema } } };
}

function problem(description: string, headers: z.ZodType | undefined = undefined): ZodOpenApiResponseObject {
  const content = { "application/problem+json": { schema: problemSchema } };
  return headers ? { description, content, headers: z.object({ "Retry-After": headers }) } : { description, content };
}

const badInput = problem("Bad input; the problem names the field");
const tooLarge = problem("The body is too large");
const noSuch = problem("There is no such todo");
const failures = {
  "503": problem("The database can't be reached; nothing was changed", z.string()),
} as const;
const writeFailures = {
  ...failures,
  "504": problem("The write was sent, and nobody knows whether it was done: read before you try again"),
} as const;

const requestBody = {
  description: "Read as JSON whatever the content type says",
  required: true,
  content: { "application/json": { schema: todoInputSchema } },
};
const path = z.object({ id: idSchema });
const stored = json("As it is stored", todoSchema);

/** The OpenAPI 3.1 document, made from the schemas that validate. */
export function createOpenApi(): oas31.OpenAPIObject {
  return createDocument({
    openapi: "3.1.0",
    info: { title: "todo", version: "1.0.0", description: "A todo list", license: { name: "MIT", identifier: "MIT" } },
    paths: {
      "/todo": {
        get: {
          operationId: "listTodos",
          summary: "Todos by id, a page at a time",
          requestParams: { query: pageSchema },
          responses: {
            "200": {
              ...json("The page; an empty one is `[]`", z.array(todoSchema)),
              headers: z.object({
                Link: z.string().optional().meta({ description: "The next page, when this one is full (RFC 8288)" }),
              }),
            },
            "400": badInput,
            ...failures,
          },
        },
        post: {
          operationId: "createTodo",
          summary: "Stores a todo",
          requestBody,
          responses: {
            "201": {
              ...stored,
              headers: z.object({ Location: z.string().meta({ description: "Where it is", example: "todo/1" }) }),
            },
            "400": badInput,
            "413": tooLarge,
            ...writeFailures,
          },
        },
      },
      "/todo/{id}": {
        get: {
          operationId: "getTodo",
          requestParams: { path },
          responses: { "200": stored, "400": badInput, "404": noSuch, ...failures },
        },
        put: {
          operationId: "replaceTodo",
          requestParams: { path },
          requestBody,
          responses: { "200": stored, "400": badInput, "404": noSuch, "413": tooLarge, ...writeFailures },
        },
        delete: {
          operationId: "deleteTodo",
          requestParams: { path },
          responses: { "204": { description: "It is gone" }, "400": badInput, "404": noSuch, ...writeFailures },
        },
      },
      "/health": {
        get: {
          operationId: "health",
          summary: "For Consul's check",
          responses: {
            [healthStatus.passing]: json("Passing", healthSchema),
            [healthStatus.degraded]: json("Degraded: it serves, but not for ever", healthSchema),
            [healthStatus.critical]: json("Critical: it can't serve", healthSchema),
          },
        },
      },
      "/openapi.json": {
        get: { operationId: "openApi", responses: { "200": json("This document", z.looseObject({})) } },
      },
    },
  });
}
