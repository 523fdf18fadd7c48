#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/error.h"
#include "tidegate/session.h"

namespace tidegate {

/// What became of a statement that was interrupted, or what stands in the way of one that is to be
/// run, as far as the catalog tells.
struct Settlement {
  enum class Outcome {
    took_effect,   ///< once the repairs are done, it is as if it had ended well
    left_nothing,  ///< once the repairs are done, it can be run
    busy,          ///< another session is at work on the same thing: look again later
    unknown,       ///< the catalog can't tell
  };
  Outcome outcome = Outcome::unknown;
  std::vector<std::string> repairs;  ///< statements, each to be run by itself
  std::string found;                 ///< what was seen: `the index public.a is there, but INVALID`
};

/// What to ask the catalog about one statement, and what the answers mean: a list of reads and two
/// functions that understand the results.
class StatementLook {
 public:
  virtual ~StatementLook() = default;

  /// `before` is what `seen` gave before the statement was first started; empty when it never was.
  virtual std::vector<Query> reads(std::string_view before) const = 0;

  /// What is to be kept with the statement's start, so that a later look can tell what changed.
  /// Empty when the answers don't show enough for that.
  virtual std::string seen(std::span<const ReadResult> results) const = 0;

  /// What became of the statement since `before`. With an empty one it hasn't run, and the question
  /// is only what has to be put out of its way.
  virtual Settlement settle(std::string_view before, std::span<const ReadResult> results) const = 0;
};

/// How to run a statement of a migration outside a transaction.
enum class Manner {
  with_journal,  ///< in one transaction with its entry in the journal: nothing is ever in question
  alone,         ///< the server refuses it there, or it may commit part by part
};

/// What one engine's catalog can tell of statements outside transactions: a row of
/// src/catalog/all_catalogs.cc.
class Catalog {
 public:
  virtual ~Catalog() = default;

  /// Whether the server commits an open transaction before it runs this. A migration with such a
  /// statement runs statement by statement, whatever its file asks for.
  virtual bool ends_transaction(std::string_view /*statement*/) const { return false; }

  virtual Manner manner_of(std::string_view statement) const = 0;

  /// Whether a statement that runs alone and is refused may have done a part of its work, so that
  /// it can't simply be tried again: a procedure commits what it likes.
  virtual bool may_stop_in_between(std::string_view statement) const {
    return look_at(statement) == nullptr;
  }

  /// Whether the server refused a statement for the transaction around it, and for nothing else.
  virtual bool wants_to_be_alone(const Error& error) const = 0;

  /// How to look at what `statement` makes, changes or removes; null where the catalog can't tell.
  virtual std::unique_ptr<StatementLook> look_at(std::string_view statement) const = 0;

  /// What shows the sessions of others that run `statement` at this moment, or are about to. None
  /// where a session can't outlive its client.
  virtual std::vector<Query> sessions_reads(std::string_view statement) const = 0;
  /// Those among them that are `holder`'s, by number. `results` answer `sessions_reads`.
  virtual std::vector<std::string> sessions_of(std::string_view holder,
                                               std::span<const ReadResult> results) const = 0;
  /// What ends one of them.
  virtual Query end_session(const std::string& number) const = 0;
};

}  // namespace tidegate
