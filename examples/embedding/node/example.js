// Migrates, or waits, before a service would start: node example.js migrate|wait URL FOLDER
import { Tidegate, TidegateError } from "./tidegate.js";

const [verb, database, folder] = process.argv.slice(2);
const gate = new Tidegate(database, folder, { timeout: "30s" });
try {
  await gate[verb]();
  console.log(gate.check() ? "ready" : "not ready", gate.state.verdict);
} catch (error) {
  if (!(error instanceof TidegateError)) throw error;
  console.error(error.message);
  process.exitCode = error.code;
} finally {
  gate.close();
}
