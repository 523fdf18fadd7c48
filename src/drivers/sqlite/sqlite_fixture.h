#pragma once

// For the tests of this room: a database in a directory of its own, and other processes on it.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/driver.h"
#include "support/temporary_folder.h"

namespace tidegate::sqlite {

/// Hears a run and keeps what it heard, one word each: `start 0`, `statement 0 1`, `commit 0`.
class Listened : public TransactionListener {
 public:
  void transaction_started(std::size_t transaction) override { add("start", {transaction}); }
  void statement_started(std::size_t transaction, std::size_t statement) override {
    add("statement", {transaction, statement});
  }
  void committed(std::size_t transaction, std::chrono::microseconds) override {
    add("commit", {transaction});
  }
  void notice(std::string_view, std::string_view) override { add("notice", {}); }

  std::vector<std::string> heard;

 private:
  void add(std::string word, std::vector<std::size_t> numbers) {
    for (const std::size_t number : numbers) word += " " + std::to_string(number);
    heard.push_back(std::move(word));
  }
};

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

/// Runs `work` in another process and returns how that ended, as waitpid() tells.
inline int in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (...) {
      ::_exit(99);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// Becomes a user who owns nothing, where we may.
inline void become_stranger() {
  if (::geteuid() != 0) return;
  if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(98);
}

class SqliteTest : public ::testing::Test {
 protected:
  SqliteTest() {
    folder_.open_to_all();
    path_ = directory_ / "app.db";
    url_ = driver_.parse("sqlite:" + path_.string());
    driver_.create_database(url_, {});
  }

  /// Runs SQL as any other program would, in one transaction after the other.
  void given(const std::string& sql) {
    sqlite3* handle = nullptr;
    sqlite3_open(path_.c_str(), &handle);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << (message == nullptr ? "" : message);
    sqlite3_free(message);
    sqlite3_close(handle);
  }

  /// The same in a process that dies, without a word, right after the last statement.
  void given_killed_after(const std::string& sql) {
    const int status = in_child([&] {
      sqlite3* handle = nullptr;
      sqlite3_open(path_.c_str(), &handle);
      if (sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) ::_exit(1);
      ::raise(SIGKILL);
    });
    ASSERT_TRUE(WIFSIGNALED(status)) << sql;
  }

  std::unique_ptr<Reader> reader(const ConnectOptions& options = {}) const {
    return driver_.open_reader(url_, options);
  }
  std::unique_ptr<Session> session(const ConnectOptions& options = {}) const {
    return driver_.open_session(url_, options);
  }

  /// The only cell of a query's answer, or the error's words.
  static std::string cell(Reader& reader, const std::string& sql) {
    const std::vector<Query> queries{{sql}};
    const std::vector<ReadResult> results = reader.read(queries);
    if (const auto* error = std::get_if<Error>(results.data())) return error->message;
    const Rows& rows = std::get<Rows>(results[0]);
    return rows.empty() ? "no row" : rows.text(0, 0);
  }
  std::string cell(const std::string& sql) const { return cell(*reader(), sql); }

  /// Every file beside the database, with its bytes.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      files[entry.path().filename().string()] = bytes_of(entry.path());
    }
    return files;
  }
  std::vector<std::string> file_names() const {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files()) names.push_back(name);
    return names;
  }

  static Script script(std::string text) {
    Script script;
    script.file = "migrations/1_a.sql";
    script.text = std::move(text);
    return script;
  }

  /// Runs each text as a transaction of its own.
  TransactionsResult run(Session& session, const std::vector<std::string>& texts) {
    std::vector<Script> scripts;
    scripts.reserve(texts.size());
    std::vector<Transaction> transactions;
    for (const std::string& text : texts) {
      scripts.push_back(script(text));
      transactions.push_back({.label = {},
                              .guards = {},
                              .script = &scripts.back(),
                              .epilogue = {},
                              .lock_timeout = {}});
    }
    return session.run(transactions, listened_);
  }

  const Driver& driver_ = sqlite_driver();
  TemporaryFolder folder_;
  std::filesystem::path directory_ = folder_.path();
  std::filesystem::path path_;
  DatabaseUrl url_;
  Listened listened_;
};

inline ConnectOptions until(TimePoint deadline) {
  ConnectOptions options;
  options.deadline = deadline;
  return options;
}

inline ConnectOptions stopped_by(const std::stop_source& stop) {
  ConnectOptions options;
  options.stop = stop.get_token();
  return options;
}

/// What `work` threw, or an error that says that it didn't.
inline Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::internal, "nothing was thrown"};
}

}  // namespace tidegate::sqlite
