#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "simulation/sql_syntax.h"

namespace tidegate::simulation {

namespace {

struct Token {
  enum class Kind { end, word, quoted, number, string, parameter, sign };
  Kind kind = Kind::end;
  std::string text;  ///< words in lower case
};

bool is_word_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

/// Takes SQL apart into words and signs.
class Lexer {
 public:
  explicit Lexer(std::string_view sql) : rest_(sql) {}

  Token next() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) take(1);
    if (rest_.empty()) return {};
    const char c = rest_.front();
    if (c == '\'' || c == '"') return quoted(c);
    if (c == '$') return {Token::Kind::parameter, take(length(1, is_word_letter)).substr(1)};
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      return {Token::Kind::number, take(length(1, is_word_letter))};
    }
    if (is_word_letter(c)) return {Token::Kind::word, lower(take(length(1, is_word_letter)))};
    for (const std::string_view sign : {"||", "::", "<>", "!=", "<=", ">=", ">>", "<<", "=>"}) {
      if (rest_.starts_with(sign)) return {Token::Kind::sign, take(2)};
    }
    return {Token::Kind::sign, take(1)};
  }

 private:
  std::string take(std::size_t count) {
    std::string text(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return text;
  }

  template <typename Is>
  std::size_t length(std::size_t from, Is is) const {
    while (from < rest_.size() && is(rest_[from])) ++from;
    return from;
  }

  static std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }

  Token quoted(char mark) {
    std::string text;
    std::size_t at = 1;
    for (; at < rest_.size(); ++at) {
      if (rest_[at] == mark && ++at < rest_.size() && rest_[at] != mark) break;
      if (at < rest_.size()) text += rest_[at];
    }
    rest_.remove_prefix(std::min(at, rest_.size()));
    return {mark == '"' ? Token::Kind::quoted : Token::Kind::string, text};
  }

  std::string_view rest_;
};

std::int64_t milliseconds_of(const std::string& interval) {
  const std::int64_t count = std::stoll(interval);
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits = {
      {{"ms", 1}, {"millisecond", 1}, {"minute", 60'000}, {"hour", 3'600'000}, {"s", 1'000}}};
  for (const auto& [unit, size] : kUnits) {
    const std::size_t at = interval.find_first_not_of("0123456789 ");
    if (at != std::string::npos && interval.substr(at).starts_with(unit)) return count * size;
  }
  throw SqlError{"42601", "the simulation doesn't know the interval '" + interval + "'"};
}

/// By recursive descent: each function takes what it understands off the front.
class Parser {
 public:
  explicit Parser(std::string_view sql) : sql_(sql), lexer_(sql) { advance(); }

  SqlStatement statement() {
    SqlStatement made = by_first_word();
    if (made.kind != SqlStatement::Kind::nothing) {
      take_sign(";");
      if (token_.kind != Token::Kind::end) fail();
    }
    return made;
  }

 private:
  using Kind = SqlStatement::Kind;

  [[noreturn]] void fail() const {
    throw SqlError{"42601", "the simulation doesn't know this SQL, at '" + token_.text +
                                "': " + std::string(sql_)};
  }

  void advance() { token_ = lexer_.next(); }
  bool at_word(std::string_view word) const {
    return token_.kind == Token::Kind::word && token_.text == word;
  }
  bool at_sign(std::string_view sign) const {
    return token_.kind == Token::Kind::sign && token_.text == sign;
  }
  bool take_word(std::string_view word) {
    if (!at_word(word)) return false;
    advance();
    return true;
  }
  bool take_sign(std::string_view sign) {
    if (!at_sign(sign)) return false;
    advance();
    return true;
  }
  void expect_word(std::string_view word) {
    if (!take_word(word)) fail();
  }
  void expect_sign(std::string_view sign) {
    if (!take_sign(sign)) fail();
  }
  std::string name() {
    if (token_.kind != Token::Kind::word && token_.kind != Token::Kind::quoted) fail();
    return std::exchange(token_, lexer_.next()).text;
  }
  /// Without its schema: the simulation has one.
  std::string qualified_name() {
    std::string last = name();
    while (take_sign(".")) last = name();
    return last;
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    expect_sign("(");
    do all.push_back(name());
    while (take_sign(","));
    expect_sign(")");
    return all;
  }

  SqlStatement by_first_word() {
    SqlStatement made;
    if (at_word("select")) {
      made.kind = Kind::select;
      made.select = select();
    } else if (take_word("insert")) {
      insert(made);
    } else if (take_word("update")) {
      update(made);
    } else if (take_word("delete")) {
      made.kind = Kind::remove;
      expect_word("from");
      made.table = qualified_name();
      where_and_returning(made);
    } else if (take_word("create")) {
      create(made);
    } else if (take_word("begin")) {
      made.kind = Kind::begin;
      for (; token_.kind == Token::Kind::word; advance()) {
        made.deferrable = made.deferrable || at_word("deferrable");
        made.immediate = made.immediate || at_word("immediate");
      }
    } else if (take_word("commit")) {
      made.kind = Kind::commit;
    } else if (take_word("rollback")) {
      made.kind = Kind::rollback;
    } else if (take_word("listen")) {
      made.kind = Kind::listen;
      made.table = name();
    } else if (take_word("call")) {
      made.kind = Kind::call;
      made.table = qualified_name();
      expect_sign("(");
      do made.values.push_back(expression());
      while (take_sign(","));
      expect_sign(")");
    } else if (take_word("set")) {
      set(made);
    } else if (take_word("reset")) {
      made.kind = Kind::reset;
      made.table = name();
      if (token_.kind != Token::Kind::end) name();
    } else if (!at_word("unlisten")) {
      fail();
    }
    return made;
  }

  void set(SqlStatement& made) {
    made.kind = Kind::set;
    made.local = take_word("local");
    made.table = name();
    if (!take_sign("=")) expect_word("to");
    made.values.push_back(expression());
  }

  void where_and_returning(SqlStatement& made) {
    if (take_word("where")) made.where = expression();
    if (take_word("returning")) made.returning = items();
  }

  void insert(SqlStatement& made) {
    made.kind = Kind::insert;
    expect_word("into");
    made.table = qualified_name();
    if (at_sign("(")) made.columns = names();
    if (at_word("select")) {
      made.select = select();
    } else {
      expect_word("values");
      do {
        expect_sign("(");
        do made.values.push_back(expression());
        while (take_sign(","));
        expect_sign(")");
        if (made.row_size == 0) made.row_size = made.values.size();
      } while (take_sign(","));
    }
    if (take_word("on")) {
      expect_word("conflict");
      if (at_sign("(")) made.key = names();
      expect_word("do");
      made.on_conflict = SqlStatement::OnConflict::nothing;
      if (!take_word("nothing")) {
        made.on_conflict = SqlStatement::OnConflict::update;
        expect_word("update");
        assignments(made);
      }
    }
    where_and_returning(made);
  }

  void assignments(SqlStatement& made) {
    expect_word("set");
    do {
      std::string column = name();
      expect_sign("=");
      made.assignments.push_back({std::move(column), expression()});
    } while (take_sign(","));
  }

  void update(SqlStatement& made) {
    made.kind = Kind::update;
    made.table = qualified_name();
    assignments(made);
    where_and_returning(made);
  }

  void create(SqlStatement& made) {
    made.kind = Kind::create_schema;
    if (!take_word("schema")) {
      made.kind = Kind::create_table;
      expect_word("table");
    }
    if (take_word("if")) {
      expect_word("not");
      expect_word("exists");
    }
    made.table = qualified_name();
    if (made.kind == Kind::create_schema) return;
    expect_sign("(");
    do column_or_key(made);
    while (take_sign(","));
    expect_sign(")");
  }

  void column_or_key(SqlStatement& made) {
    if (take_word("primary")) {
      expect_word("key");
      made.key = names();
      return;
    }
    made.columns.push_back(name());
    made.is_number.push_back(!at_word("text"));
    // What follows says type and constraints; of these only the key means anything here.
    for (std::size_t depth = 0; depth > 0 || (!at_sign(",") && !at_sign(")")); advance()) {
      if (token_.kind == Token::Kind::end) fail();
      if (at_word("primary")) made.key = {made.columns.back()};
      if (at_sign("(")) ++depth;
      if (at_sign(")")) --depth;
    }
  }

  std::vector<Select::Item> items() {
    std::vector<Select::Item> all;
    do {
      Select::Item item{expression(), {}};
      item.name = item.expression.name;
      if (take_word("as")) item.name = name();
      all.push_back(std::move(item));
    } while (take_sign(","));
    return all;
  }

  std::shared_ptr<Select> select() {
    auto made = std::make_shared<Select>();
    expect_word("select");
    made->items = items();
    if (take_word("from")) {
      made->from.push_back(source(Source::Join::cross));
      while (joined_source(*made)) {
      }
    }
    if (take_word("where")) made->where = expression();
    if (take_word("order")) {
      expect_word("by");
      do {
        made->order.push_back({expression(), false});
        made->order.back().descending = take_word("desc");
        take_word("asc");
      } while (take_sign(","));
    }
    if (take_word("limit")) made->limit = expression();
    if (take_word("offset")) expression();
    if (take_word("for")) {
      made->lock = at_word("share") || at_word("key") ? RowLock::share : RowLock::update;
      while (at_word("no") || at_word("key") || at_word("share") || at_word("update")) advance();
      made->nowait = take_word("nowait");
    }
    return made;
  }

  bool joined_source(Select& made) {
    if (take_sign(",")) {
      made.from.push_back(source(Source::Join::cross));
    } else if (take_word("join")) {
      made.from.push_back(source(Source::Join::inner));
    } else if (take_word("left")) {
      expect_word("join");
      made.from.push_back(source(Source::Join::left));
    } else {
      return false;
    }
    if (take_word("on")) made.from.back().on = expression();
    return true;
  }

  Source source(Source::Join join) {
    Source made;
    made.join = join;
    if (take_sign("(")) {
      made.select = select();
      expect_sign(")");
    } else {
      made.table = qualified_name();
      made.alias = made.table;
    }
    take_word("as");
    static constexpr std::array<std::string_view, 10> kNext = {
        "on", "join", "left", "where", "order", "limit", "for", "offset", "set", "returning"};
    bool is_next = token_.kind != Token::Kind::word && token_.kind != Token::Kind::quoted;
    for (const std::string_view word : kNext) is_next = is_next || at_word(word);
    if (!is_next) made.alias = name();
    return made;
  }

  static Expression operation(std::string sign, std::vector<Expression> arguments) {
    return {.kind = Expression::Kind::operation,
            .name = std::move(sign),
            .arguments = std::move(arguments)};
  }

  static Expression literal(Value value) {
    return {.kind = Expression::Kind::literal, .value = std::move(value)};
  }

  static Expression call(std::string function, std::vector<Expression> arguments) {
    return {.kind = Expression::Kind::call,
            .name = std::move(function),
            .arguments = std::move(arguments)};
  }

  Expression expression() {
    Expression left = conjunction();
    while (take_word("or")) left = operation("or", {std::move(left), conjunction()});
    return left;
  }

  Expression conjunction() {
    Expression left = negation();
    while (take_word("and")) left = operation("and", {std::move(left), negation()});
    return left;
  }

  Expression negation() {
    if (take_word("not")) return operation("not", {negation()});
    return comparison();
  }

  Expression comparison() {
    Expression left = other_operation();
    while (true) {
      if (take_word("is")) {
        const bool negated = take_word("not");
        expect_word("null");
        left = operation(negated ? "is not null" : "is null", {std::move(left)});
      } else if (take_word("in")) {
        Expression list{.kind = Expression::Kind::is_in, .arguments = {std::move(left)}};
        expect_sign("(");
        do list.arguments.push_back(expression());
        while (take_sign(","));
        expect_sign(")");
        left = std::move(list);
      } else if (take_word("like")) {
        left = operation("like", {std::move(left), other_operation()});
      } else if (at_sign("=") || at_sign("<>") || at_sign("!=") || at_sign("<") || at_sign(">") ||
                 at_sign("<=") || at_sign(">=")) {
        std::string sign = std::exchange(token_, lexer_.next()).text;
        if (sign == "!=") sign = "<>";
        left = operation(std::move(sign), {std::move(left), other_operation()});
      } else {
        return left;
      }
    }
  }

  Expression other_operation() {
    Expression left = sum();
    while (at_sign("||") || at_sign(">>") || at_sign("<<") || at_sign("&") || at_sign("|")) {
      std::string sign = std::exchange(token_, lexer_.next()).text;
      left = operation(std::move(sign), {std::move(left), sum()});
    }
    return left;
  }

  Expression sum() {
    Expression left = product();
    while (at_sign("+") || at_sign("-")) {
      std::string sign = std::exchange(token_, lexer_.next()).text;
      left = operation(std::move(sign), {std::move(left), product()});
    }
    return left;
  }

  Expression product() {
    Expression left = with_type();
    while (at_sign("*") || at_sign("/") || at_sign("%")) {
      std::string sign = std::exchange(token_, lexer_.next()).text;
      left = operation(std::move(sign), {std::move(left), with_type()});
    }
    return left;
  }

  Expression with_type() {
    if (take_sign("-")) return operation("-", {literal(std::int64_t{0}), with_type()});
    Expression value = primary();
    while (true) {
      if (take_sign("::")) {
        value = call("as " + qualified_name(), {std::move(value)});
      } else if (take_sign(".")) {
        name();  // A field of a row, of which our functions return only that one.
      } else if (take_sign("[")) {
        expression();
        expect_sign("]");
      } else if (at_word("at")) {
        // AT TIME ZONE: all of the simulation's time is UTC.
        for (int words = 0; words < 3; ++words) advance();
        primary();
      } else {
        return value;
      }
    }
  }

  Expression primary() {
    if (token_.kind == Token::Kind::number) return literal(integer_of(take_text()));
    if (token_.kind == Token::Kind::string) return literal(take_text());
    if (token_.kind == Token::Kind::parameter) {
      return {.kind = Expression::Kind::parameter, .number = std::stoul(take_text()) - 1};
    }
    if (take_sign("(")) {
      if (at_word("select")) return in_brackets(Expression::Kind::subquery);
      Expression inner = expression();
      expect_sign(")");
      return inner;
    }
    if (take_sign("*")) return literal(std::int64_t{1});  // of count(*)
    if (take_word("case")) return case_when();
    if (take_word("null")) return literal({});
    if (take_word("true")) return literal(true);
    if (take_word("false")) return literal(false);
    if (take_word("interval")) return literal(milliseconds_of(take_text()));
    if (take_word("exists")) {
      expect_sign("(");
      return in_brackets(Expression::Kind::exists);
    }
    return column_or_call();
  }

  std::string take_text() { return std::exchange(token_, lexer_.next()).text; }

  Expression in_brackets(Expression::Kind kind) {
    Expression made{.kind = kind, .select = select()};
    expect_sign(")");
    return made;
  }

  Expression case_when() {
    Expression made{.kind = Expression::Kind::case_when};
    while (take_word("when")) {
      made.arguments.push_back(expression());
      expect_word("then");
      made.arguments.push_back(expression());
    }
    if (take_word("else")) made.arguments.push_back(expression());
    expect_word("end");
    return made;
  }

  Expression column_or_call() {
    std::string first = name();
    std::string qualifier;
    while (take_sign(".")) qualifier = std::exchange(first, name());
    if (!take_sign("(")) {
      if (first == "session_user" || first == "current_user") return call(first, {});
      return {.kind = Expression::Kind::column, .qualifier = qualifier, .name = first};
    }
    Expression made = call(first, {});
    if (first == "extract") {
      expect_word("epoch");
      expect_word("from");
    }
    while (!take_sign(")")) {
      made.arguments.push_back(expression());
      // `secs => 10`: what matters is the value.
      if (take_sign("=>")) made.arguments.back() = expression();
      if (take_word("as")) made.name = "as " + name();
      take_sign(",");
    }
    return made;
  }

  std::string_view sql_;
  Lexer lexer_;
  Token token_;
};

}  // namespace

SqlStatement parse_sql(std::string_view sql) { return Parser(sql).statement(); }

}  // namespace tidegate::simulation
