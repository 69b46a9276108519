/** A partition's role instance. It is reached as a process and over the wire; only the shape of its configuration is shared. */
export { DirectoryConfigSchema, type DirectoryConfig } from "./config.ts";
