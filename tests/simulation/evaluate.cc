#include <algorithm>
#include <utility>

#include "simulation/execution.h"
#include "simulation/hashed.h"
#include "simulation/system_tables.h"

namespace tidegate::simulation {

namespace {

Value text_value(const Value& value) {
  auto text = text_of(value);
  return text ? Value(std::move(*text)) : Value();
}

bool is_comparison(const std::string& sign) {
  return sign == "=" || sign == "<>" || sign == "<" || sign == ">" || sign == "<=" || sign == ">=";
}

Value compared(const std::string& sign, const Value& left, const Value& right) {
  const int order = compare(left, right);
  if (sign == "=") return order == 0;
  if (sign == "<>") return order != 0;
  if (sign == "<") return order < 0;
  if (sign == ">") return order > 0;
  return sign == "<=" ? order <= 0 : order >= 0;
}

Value calculated(const std::string& sign, std::int64_t left, std::int64_t right) {
  if (sign == "+") return left + right;
  if (sign == "-") return left - right;
  if (sign == "*") return left * right;
  if (sign == ">>") return left >> right;
  if (sign == "<<") return left << right;
  if (sign == "&") return left & right;
  if (sign == "|") return left | right;
  if (right == 0) throw SqlError{"22012", "division by zero"};
  return sign == "/" ? left / right : left % right;
}

}  // namespace

Value Execution::evaluate(const Expression& expression, const Frames& frames) {
  using Kind = Expression::Kind;
  switch (expression.kind) {
    case Kind::literal:
      return expression.value;
    case Kind::parameter: {
      if (expression.number >= parameters_.size()) throw SqlError{"08P01", "too few parameters"};
      const Parameter& parameter = parameters_[expression.number];
      return parameter ? Value(*parameter) : Value();
    }
    case Kind::column:
      return column(expression, frames);
    case Kind::call:
      return call(expression, frames);
    case Kind::operation:
      return operation(expression, frames);
    case Kind::case_when:
      return case_when(expression, frames);
    case Kind::exists:
      return !select(*expression.select, frames).rows.empty();
    case Kind::subquery: {
      const Relation found = select(*expression.select, frames);
      return found.rows.empty() ? Value() : found.rows.front()->front();
    }
    case Kind::is_in: {
      const Value value = evaluate(expression.arguments.front(), frames);
      if (simulation::is_null(value)) return {};
      return std::any_of(expression.arguments.begin() + 1, expression.arguments.end(),
                         [&](const Expression& each) {
                           const Value other = evaluate(each, frames);
                           return !simulation::is_null(other) && compare(value, other) == 0;
                         });
    }
  }
  return {};
}

Value Execution::column(const Expression& expression, const Frames& frames) const {
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    if (!expression.qualifier.empty() && *frame->alias != expression.qualifier) continue;
    if (expression.name == "tableoid") return frame->oid;
    const auto& columns = *frame->columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == expression.name) return frame->row == nullptr ? Value() : (*frame->row)[i];
    }
  }
  throw SqlError{"42703", "column \"" + expression.name + "\" does not exist"};
}

Value Execution::case_when(const Expression& expression, const Frames& frames) {
  const auto& arguments = expression.arguments;
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
    if (is_true(evaluate(arguments[i], frames))) return evaluate(arguments[i + 1], frames);
  }
  return arguments.size() % 2 == 1 ? evaluate(arguments.back(), frames) : Value();
}

Value Execution::operation(const Expression& expression, const Frames& frames) {
  const std::string& sign = expression.name;
  const Value left = evaluate(expression.arguments[0], frames);
  if (sign == "not") return simulation::is_null(left) ? Value() : Value(!is_true(left));
  if (sign == "is null") return simulation::is_null(left);
  if (sign == "is not null") return !simulation::is_null(left);
  if (sign == "and" && !simulation::is_null(left) && !is_true(left)) return false;
  if (sign == "or" && is_true(left)) return true;
  const Value right = evaluate(expression.arguments[1], frames);
  if (sign == "and") {
    if (!simulation::is_null(right) && !is_true(right)) return false;
    return simulation::is_null(left) || simulation::is_null(right) ? Value() : Value(true);
  }
  if (sign == "or") {
    if (is_true(right)) return true;
    return simulation::is_null(left) || simulation::is_null(right) ? Value() : Value(false);
  }
  if (simulation::is_null(left) || simulation::is_null(right)) return {};
  if (sign == "like") {
    std::string start = *text_of(right);
    if (start.ends_with('%')) start.pop_back();
    return text_of(left)->starts_with(start);
  }
  if (sign == "||") return *text_of(left) + *text_of(right);
  if (is_comparison(sign)) return compared(sign, left, right);
  return calculated(sign, integer_of(left), integer_of(right));
}

Value Execution::aggregate(const Expression& expression) {
  const Expression& of = expression.arguments.front();
  std::int64_t count = 0;
  Value best;
  for (const Frames& member : group_->members) {
    const Value value = evaluate(of, member);
    if (simulation::is_null(value)) continue;
    ++count;
    if (simulation::is_null(best) ||
        (expression.name == "max" ? compare(value, best) > 0 : compare(value, best) < 0)) {
      best = value;
    }
  }
  return expression.name == "count" ? Value(count) : best;
}

Value Execution::call(const Expression& expression, const Frames& frames) {
  const std::string& name = expression.name;
  if (name == "max" || name == "min" || name == "count") {
    if (group_ == nullptr) throw SqlError{"42803", "aggregates are not allowed here"};
    return aggregate(expression);
  }
  if (name == "coalesce") {
    for (const Expression& each : expression.arguments) {
      Value value = evaluate(each, frames);
      if (!simulation::is_null(value)) return value;
    }
    return {};
  }
  std::vector<Value> arguments;
  for (const Expression& each : expression.arguments) arguments.push_back(evaluate(each, frames));
  if (name.find("advisory") != std::string::npos) {
    return advisory_call(name, arguments.empty() ? 0 : integer_of(arguments[0]));
  }
  if (name == "as text") {
    const bool* const truth = std::get_if<bool>(&arguments[0]);
    return truth != nullptr ? Value(*truth ? "true" : "false") : text_value(arguments[0]);
  }
  if (name == "length") return static_cast<std::int64_t>(text_of(arguments[0])->size());
  if (name == "left") {
    return text_of(arguments[0])->substr(0, static_cast<std::size_t>(integer_of(arguments[1])));
  }
  if (name == "as bigint" || name == "as int" || name == "as integer") {
    return simulation::is_null(arguments[0]) ? Value() : Value(integer_of(arguments[0]));
  }
  if (name.starts_with("as ")) return arguments[0];
  if (name == "hashtextextended") return hashed(text_of(arguments[0]).value_or(""));
  if (name == "sqrt") {
    if (integer_of(arguments[0]) < 0) throw SqlError{"2201F", "square root of a negative number"};
    return arguments[0];
  }
  if (name == "clock_timestamp" || name == "now" || name == "transaction_timestamp" ||
      name == "statement_timestamp") {
    return host_.now_ms();
  }
  if (name == "make_interval") return integer_of(arguments[0]) * 1000;
  if (name == "extract") return integer_of(arguments[0]) / 1000;
  if (name == "to_char") return text_value(arguments[0]);
  if (name == "strftime") return std::to_string(host_.now_ms());
  return session_call(name, arguments);
}

Value Execution::advisory_call(const std::string& name, std::int64_t key) {
  auto& locks = host_.advisory_locks();
  if (name == "pg_advisory_unlock_all") {
    std::erase_if(locks, [&](const auto& each) {
      return each.second.holder == &backend_ && !each.second.of_transaction;
    });
    return {};
  }
  if (name == "pg_advisory_unlock") {
    const auto found = locks.find(key);
    if (found == locks.end() || found->second.holder != &backend_) return false;
    if (--found->second.count == 0) locks.erase(found);
    return true;
  }
  auto& lock = locks[key];
  if (lock.holder != nullptr && lock.holder != &backend_) return false;
  lock.of_transaction =
      name == "pg_try_advisory_xact_lock" && (lock.holder == nullptr || lock.of_transaction);
  lock.holder = &backend_;
  ++lock.count;
  return true;
}

Value Execution::to_regclass(const std::string& name) const {
  std::string table = name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1);
  std::erase(table, '"');
  return tables_.find(table, &transaction_) == nullptr ? Value() : Value(oid_of(table));
}

Value Execution::session_call(const std::string& name, const std::vector<Value>& arguments) {
  const auto text = [&](std::size_t index) { return text_of(arguments[index]).value_or(""); };
  if (name == "to_regclass") return to_regclass(text(0));
  if (name == "to_regnamespace") return text(0) == "public" ? Value(std::int64_t{2200}) : Value();
  if (name == "pg_identify_object") {
    return simulation::is_null(arguments[1]) ? Value() : Value("public");
  }
  if (name == "parse_ident") return arguments[0];
  if (name == "format") return text(1) + "." + text(2);
  if (name == "current_schema") return "public";
  if (name == "current_database") return "app";
  if (name == "session_user" || name == "current_user") return "app";
  if (name == "pg_is_in_recovery") return false;
  if (name == "pg_backend_pid") return std::int64_t{backend_.pid()};
  if (name == "set_config") {
    backend_.set_config(text(0), text(1), is_true(arguments[2]));
    return text_value(arguments[1]);
  }
  if (name == "current_setting") {
    if (text(0) == "transaction_deferrable") return transaction_.deferrable ? "on" : "off";
    if (text(0) == "search_path") return "public";
    if (text(0) == "role") return "none";
    return backend_.setting(text(0));
  }
  if (name == "pg_notify") {
    transaction_.news.emplace_back(text(0), text(1));
    return "";
  }
  if (name == "pg_terminate_backend") return backend_.terminate(integer_of(arguments[0]));
  if (name == "pg_sleep") {
    backend_.sleep(std::chrono::seconds(integer_of(arguments[0])));
    return "";
  }
  throw SqlError{"42883", "the simulation doesn't know the function " + name};
}

}  // namespace tidegate::simulation
