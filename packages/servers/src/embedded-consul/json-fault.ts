/** What is wrong with a body, in the words of Go's JSON decoder. */
export class JsonFault extends Error {}
