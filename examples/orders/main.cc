// A small service that keeps orders, with its migrations inside: one file to deploy.
//
//   orders [--database URL] [--port N] [--start migrate|wait|none] [--development]
#include <tidegate/embedded.h>
#include <tidegate/line_reporter.h>
#include <tidegate/start.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <string>
#include <thread>

#include "orders_migrations.h"
#include "server.h"

namespace {

using namespace std::chrono_literals;

struct Options {
  std::string database = "sqlite:orders.db";
  unsigned short port = 0;
  std::string start = "migrate";
  bool development = false;
  int drain_ms = 0;
};

/// Keeps the signals that end a service for the listener. Before the first thread, which inherits
/// the mask: one that was there earlier would be ended by them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// Calls `on_stop` in a thread of its own when a signal wants the service to end.
class SignalListener {
 public:
  SignalListener(const sigset_t& signals, const std::function<void()>& on_stop)
      : thread_([signals, on_stop] {
          int signal = 0;
          sigwait(&signals, &signal);
          if (signal != SIGUSR1) on_stop();
        }) {}
  ~SignalListener() { pthread_kill(thread_.native_handle(), SIGUSR1); }

 private:
  std::jthread thread_;
};

int run(const Options& options) {
  const sigset_t signals = block_signals();
  std::atomic<bool> stop = false;
  std::stop_source stop_start;
  const tidegate::DatabaseSettings database{.url = options.database};
  const auto log = tidegate::make_line_reporter(
      [](std::string_view lines) { std::cerr << lines << std::flush; });
  const tidegate::LoadedFolder build = tidegate::load_embedded(orders_migrations());

  tidegate::Readiness readiness(database, build.set);
  tidegate::DevelopmentPage page(database, build, readiness);
  orders::Service service{.database = options.database, .readiness = readiness};
  if (options.development) service.page = &page;

  const SignalListener listener(signals, [&] {
    stop_start.request_stop();
    // Requests go on while the load balancer learns that this replica leaves.
    service.leaving = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(options.drain_ms));
    stop = true;
  });
  const tidegate::StartOptions start{
      .timeout = 2min, .reporter = log.get(), .stop = stop_start.get_token()};
  if (options.start == "migrate") tidegate::migrate_at_start(database, build, start);
  if (options.start == "wait") tidegate::wait_at_start(database, build, start);
  serve(service, options.port, stop);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Keeps orders.", "orders");
  app.add_option("--database", options.database, "sqlite:PATH or postgres://…")
      ->envname("DATABASE_URL");
  app.add_option("--port", options.port, "0: a free one, which is printed");
  app.add_option("--start", options.start, "how to meet the schema")
      ->check(CLI::IsMember({"migrate", "wait", "none"}));
  app.add_flag("--development", options.development, "a page with a button for what is pending");
  app.add_option("--drain-ms", options.drain_ms, "how long to answer on after SIGTERM");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const tidegate::Error& error) {
    std::cerr << "orders: " << error.message << "\n";
    if (!error.hint.empty()) std::cerr << "  " << error.hint << "\n";
  } catch (const std::exception& exception) {
    std::cerr << "orders: " << exception.what() << "\n";
  }
  return 1;
}
