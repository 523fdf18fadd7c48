// Tidegate for Node, by koffi (https://koffi.dev) on libtidegate.so.0: one file to copy.
//
//   const gate = new Tidegate("postgres://…", "migrations", { timeout: "2m" });
//   await gate.migrate();            // or gate.wait(); both reject with a TidegateError
//   gate.check();                    // true when the database is as this build needs it
import koffi from "koffi";

const library = koffi.load(process.env.TIDEGATE_LIBRARY ?? "libtidegate.so.0");
const Gate = koffi.pointer("tidegate_gate", koffi.opaque());
const call = {
  create: library.func("tidegate_new", Gate, ["str", "str"]),
  free: library.func("tidegate_free", "void", [Gate]),
  set: library.func("tidegate_set", "int", [Gate, "str", "str"]),
  migrate: library.func("tidegate_migrate", "int", [Gate]),
  wait: library.func("tidegate_wait", "int", [Gate]),
  check: library.func("tidegate_check", "int", [Gate]),
  message: library.func("tidegate_message", "str", [Gate]),
  state: library.func("tidegate_state", "str", [Gate]),
  cancel: library.func("tidegate_cancel", "void", [Gate]),
};

const DONE = 0;
const PENDING = 3;

/** `code` is the exit code that the program would end with. */
export class TidegateError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** A build and its database. */
export class Tidegate {
  #gate;

  constructor(database, folder, settings = {}) {
    this.#gate = call.create(database, folder);
    for (const [name, value] of Object.entries(settings)) {
      this.#expect(call.set(this.#gate, name, String(value)));
    }
  }

  /** Applies what is pending, or waits for the replica that does; the event loop goes on. */
  migrate() {
    return this.#inBackground(call.migrate);
  }

  /** Until the database is as this build needs it. Writes and locks nothing. */
  wait() {
    return this.#inBackground(call.wait);
  }

  /** Looks once. */
  check() {
    const code = call.check(this.#gate);
    if (code !== DONE && code !== PENDING) this.#expect(code);
    return code === DONE;
  }

  /** What the last look saw: verdict, reason, missing, …; null when there was none. */
  get state() {
    const text = call.state(this.#gate);
    return text ? JSON.parse(text) : null;
  }

  /** Ends the call that is under way. */
  cancel() {
    call.cancel(this.#gate);
  }

  close() {
    call.free(this.#gate);
    this.#gate = null;
  }

  #inBackground(verb) {
    return new Promise((resolve, reject) => {
      verb.async(this.#gate, (error, code) => {
        if (error) return reject(error);
        if (code === DONE) return resolve();
        reject(new TidegateError(code, call.message(this.#gate)));
      });
    });
  }

  #expect(code) {
    if (code !== DONE) throw new TidegateError(code, call.message(this.#gate));
  }
}
