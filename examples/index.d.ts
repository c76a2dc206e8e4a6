/** What an example exports is looked at by its test only. */
declare module "*.mjs";
