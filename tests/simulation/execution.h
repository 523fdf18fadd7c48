#pragma once

#include <string>
#include <vector>

#include "simulation/host.h"

namespace tidegate::simulation {

/// A name that rows can be found under while an expression is worked out.
struct Frame {
  const std::string* alias;
  const std::vector<std::string>* columns;
  const Row* row;  ///< null where an outer join found nothing: all NULL
  std::int64_t oid = 0;
};

/// Rows, wherever they come from; with their slots where that is a table.
struct Relation {
  std::string alias = {};
  std::vector<std::string> columns = {};
  std::vector<std::shared_ptr<const Row>> rows = {};
  std::vector<Slot*> slots = {};
  std::int64_t oid = 0;
};

/// One statement at work in a session.
class Execution {
 public:
  Execution(Backend& backend, const std::vector<Parameter>& parameters);

  Relation run(const SqlStatement& statement);

 private:
  using Frames = std::vector<Frame>;
  struct Group {
    std::vector<Frames> members;
    std::vector<std::shared_ptr<const Row>> kept;  ///< what the members' rows live in
  };

  Value evaluate(const Expression& expression, const Frames& frames);
  Value operation(const Expression& expression, const Frames& frames);
  Value column(const Expression& expression, const Frames& frames) const;
  Value case_when(const Expression& expression, const Frames& frames);
  Value call(const Expression& expression, const Frames& frames);
  Value aggregate(const Expression& expression);
  Value advisory_call(const std::string& name, std::int64_t key);
  Value session_call(const std::string& name, const std::vector<Value>& arguments);
  Value to_regclass(const std::string& name) const;

  Relation select(const Select& select, const Frames& outer);
  void join(const Select& select, const std::vector<Relation>& sources, std::size_t depth,
            Frames& frames, Group& group);
  bool matches(const std::optional<Expression>& condition, const Frames& frames);
  bool locked_and_still_matches(const Select& select, const Relation& source, std::size_t row,
                                Frames& frames, Group& group);
  Relation items_of(const Select& select, const Frames& outer, Group& group);
  Relation relation(const Source& source, const Frames& outer);
  Relation rows_of(const std::string& name);

  Relation insert(const SqlStatement& statement);
  void insert_row(const SqlStatement& statement, Table& table, Row row, Relation& returned);
  Slot* with_same_key(const Table& table, const Row& row);
  Relation change(const SqlStatement& statement);
  /// `excluded` is the row that an INSERT would have made; null for other statements.
  void change_slot(const SqlStatement& statement, const Table& table, Slot& slot, const Row& row,
                   Relation& returned, const Row* excluded);
  void lock(Slot& slot, RowLock lock, bool nowait = false);
  void run_procedure(const SqlStatement& statement);
  void create_table(const SqlStatement& statement);
  void need_only_writer();
  Table& table(const std::string& name) const;

  Backend& backend_;
  Host& host_;
  Tables& tables_;
  ServerTransaction& transaction_;
  const std::vector<Parameter>& parameters_;
  std::uint64_t snapshot_;
  const Group* group_ = nullptr;  ///< whose aggregates are asked for
};

}  // namespace tidegate::simulation
