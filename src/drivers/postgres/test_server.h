#pragma once

// What the PostgreSQL tests share: a fresh database each, scripts made of statements, a listener
// that remembers, and the proxy of tests/support.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/all_drivers.h"
#include "drivers/postgres/url.h"
#include "tidegate/driver.h"

namespace tidegate::postgres {

using namespace std::chrono_literals;

/// The server that the tests may use as a superuser; a missing one fails the test.
inline std::string test_server_url() {
  const char* url = std::getenv("TIDEGATE_TEST_POSTGRES");
  if (url == nullptr || *url == '\0') {
    throw std::runtime_error("TIDEGATE_TEST_POSTGRES must name a superuser of a private server");
  }
  return url;
}

/// The test server's URL with some keywords replaced, in libpq's key=value form.
inline std::string url_with(const ConnectionSettings& changes) {
  ConnectionSettings settings = settings_of(test_server_url());
  for (const auto& [keyword, value] : changes) settings[keyword] = value;
  std::string text;
  for (const auto& [keyword, value] : settings) text += keyword + "='" + value + "' ";
  return text;
}

inline Query sql(std::string text) { return {std::move(text)}; }

/// A script as the splitter would have left it.
inline Script script_of(const std::string& file, const std::vector<std::string>& statements) {
  Script script;
  script.file = file;
  std::uint32_t line = 1;
  for (const std::string& text : statements) {
    Statement statement;
    statement.offset = script.text.size();
    statement.size_bytes = text.size();
    statement.line = line;
    statement.column = 1;
    script.statements.push_back(statement);
    script.text += text + ";\n";
    line += 1 + static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
  }
  return script;
}

/// Appends `COPY … FROM stdin;` with its data.
inline void add_copy(Script& script, const std::string& text, const std::string& data) {
  Statement statement;
  statement.offset = script.text.size();
  statement.size_bytes = text.size();
  statement.line =
      1 + static_cast<std::uint32_t>(std::count(script.text.begin(), script.text.end(), '\n'));
  statement.column = 1;
  script.text += text + ";\n";
  statement.copy_data_offset = script.text.size();
  statement.copy_data_size_bytes = data.size();
  script.text += data + "\\.\n";
  script.statements.push_back(statement);
}

inline void add_statement(Script& script, const std::string& text) {
  Statement statement;
  statement.offset = script.text.size();
  statement.size_bytes = text.size();
  statement.line =
      1 + static_cast<std::uint32_t>(std::count(script.text.begin(), script.text.end(), '\n'));
  statement.column = 1;
  script.text += text + ";\n";
  script.statements.push_back(statement);
}

/// Writes down what it hears, as `started 0`, `statement 0.1`, `committed 0`.
class Memory : public TransactionListener {
 public:
  void transaction_started(std::size_t transaction) override {
    told.push_back("started " + std::to_string(transaction));
  }
  void statement_started(std::size_t transaction, std::size_t statement) override {
    told.push_back("statement " + std::to_string(transaction) + "." + std::to_string(statement));
    if (on_statement) on_statement(transaction, statement);
  }
  void committed(std::size_t transaction, std::chrono::microseconds) override {
    told.push_back("committed " + std::to_string(transaction));
  }
  void notice(std::string_view severity, std::string_view message) override {
    notices.push_back(std::string(severity) + ": " + std::string(message));
  }

  std::vector<std::string> told;
  std::vector<std::string> notices;
  std::function<void(std::size_t, std::size_t)> on_statement;
};

/// A database of its own for each test.
class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static std::atomic<int> counter{0};
    database = "tidegate_test_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
    url = driver().parse(url_with({{"dbname", database}}));
    ASSERT_EQ(driver().create_database(url, {}), Driver::Existed::no);
  }
  void TearDown() override {
    if (!url.text.empty()) driver().drop_database(url, {}, Driver::Force::yes);
  }

  static const Driver& driver() { return postgres_driver(); }

  std::unique_ptr<Session> open(const ConnectOptions& options = {}) {
    return driver().open_session(url, options);
  }

  /// The first value of a query, asked on a connection of its own.
  std::string value(const std::string& text) {
    const Rows rows = open()->execute({text});
    return rows.empty() ? "no row" : rows.text(0, 0);
  }

  std::string database;
  DatabaseUrl url;
};

/// The proxy of tests/support in front of the test server.
class ProxyProcess {
 public:
  explicit ProxyProcess(const std::vector<std::string>& options = {}) {
    const ConnectionSettings server = settings_of(test_server_url());
    const std::string program = std::string(TIDEGATE_SOURCE_DIR) + "/tests/support/proxy.py";
    std::vector<std::string> words = {
        "python3", program, "--target",
        server.at("host") + ":" + (server.contains("port") ? server.at("port") : "5432")};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    if (pipe(to.data()) != 0 || pipe(from.data()) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      for (int fd : {to[0], to[1], from[0], from[1]}) close(fd);
      execvp("python3", arguments.data());
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = from[0];
    const std::string answer = line();
    port = answer.substr(answer.find(' ') + 1);
  }
  ~ProxyProcess() {
    close(to_);
    close(from_);
    waitpid(pid_, nullptr, 0);
  }
  ProxyProcess(const ProxyProcess&) = delete;
  ProxyProcess& operator=(const ProxyProcess&) = delete;

  std::string order(const std::string& text) {
    const std::string sent = text + "\n";
    if (write(to_, sent.data(), sent.size()) < 0) throw std::runtime_error("the proxy is gone");
    return line();
  }

  /// A count of the proxy's `stats`.
  long stat(const std::string& name) {
    const std::string all = order("stats");
    const std::size_t at = all.find('"' + name + '"');
    return at == std::string::npos ? -1 : std::stol(all.substr(at + name.size() + 4));
  }

  std::string port;

 private:
  std::string line() {
    std::string text;
    char c = 0;
    while (read(from_, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }

  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace tidegate::postgres
