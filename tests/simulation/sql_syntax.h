#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/sql_value.h"

namespace tidegate::simulation {

struct Select;

/// An expression, as a tree.
struct Expression {
  enum class Kind {
    literal,    ///< value
    parameter,  ///< number, counts from 0
    column,     ///< qualifier (may be empty), name
    call,       ///< name, arguments
    operation,  ///< name is the operator, one or two arguments
    case_when,  ///< arguments: condition, result, …, and the ELSE if their number is odd
    exists,     ///< select
    subquery,   ///< select
    is_in,      ///< arguments: the value, then the list
  };
  Kind kind = Kind::literal;
  Value value = {};
  std::size_t number = 0;
  std::string qualifier = {};
  std::string name = {};
  std::vector<Expression> arguments = {};
  std::shared_ptr<Select> select = {};
};

enum class RowLock { none, share, update };

/// One of the things after FROM.
struct Source {
  enum class Join { cross, inner, left };
  Join join = Join::cross;
  std::string table;               ///< without its schema; empty for a select
  std::shared_ptr<Select> select;  ///< null for a table
  std::string alias;
  std::optional<Expression> on;
};

struct Select {
  struct Item {
    Expression expression;
    std::string name;
  };
  struct Order {
    Expression expression;
    bool descending = false;
  };
  std::vector<Item> items;
  std::vector<Source> from;
  std::optional<Expression> where;
  std::vector<Order> order;
  std::optional<Expression> limit;
  RowLock lock = RowLock::none;
  bool nowait = false;
};

struct Assignment {
  std::string column;
  Expression value;
};

/// One statement, of those that the simulated server knows.
struct SqlStatement {
  enum class Kind {
    select,
    insert,
    update,
    remove,
    create_table,
    create_schema,
    begin,
    commit,
    rollback,
    listen,
    set,
    reset,
    call,
    nothing,  ///< what changes nothing here
  };
  Kind kind = Kind::nothing;
  std::string table;                 ///< or the topic, setting or procedure
  std::vector<std::string> columns;  ///< of an INSERT, or of a new table
  std::vector<std::string> key;      ///< of a new table, or of ON CONFLICT
  std::vector<bool> is_number;       ///< of a new table's columns
  std::vector<Expression> values;    ///< of all rows, one after the other
  std::size_t row_size = 0;
  std::vector<Assignment> assignments;
  enum class OnConflict { fail, nothing, update };
  OnConflict on_conflict = OnConflict::fail;
  std::optional<Expression> where;
  std::vector<Select::Item> returning;
  std::shared_ptr<Select> select;
  bool deferrable = false;  ///< of a BEGIN
  bool immediate = false;
  bool local = false;  ///< of a SET
};

/// Understands one statement. Throws: SqlError{42601} for what the simulation doesn't know, which
/// means that it has to learn it.
SqlStatement parse_sql(std::string_view sql);

}  // namespace tidegate::simulation
