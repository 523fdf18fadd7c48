#include "sql/stored_program.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace tidegate {
namespace {

bool is_word(const Token& token, std::initializer_list<std::string_view> words) {
  return token.kind == TokenKind::word &&
         std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return equals_ignoring_case(token.text, word); });
}

bool is_symbol(const Token& token, std::string_view symbol) {
  return token.kind == TokenKind::symbol && token.text == symbol;
}

bool begins_block(const Token& token) {
  return is_word(token, {"BEGIN", "IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR"});
}

}  // namespace

void StoredProgram::add(const Token& token) {
  if (part_ == Part::other) return;
  if (is_symbol(token, ";")) parenthesis_depth_ = 0;  // A slip, which shall not hide the rest.
  if (is_symbol(token, "(")) {
    ++parenthesis_depth_;
    statement_begins_ = false;
  } else if (is_symbol(token, ")") && parenthesis_depth_ > 0) {
    --parenthesis_depth_;
    if (parenthesis_depth_ == 0 && part_ == Part::signature) part_ = Part::properties;
  } else if (parenthesis_depth_ == 0) {
    add_outside_of_parentheses(token);
  }
  previous_ = token;
}

void StoredProgram::add_outside_of_parentheses(const Token& token) {
  switch (part_) {
    case Part::head:
      return follow_head(token);
    case Part::created:
      return follow_created(token);
    case Part::properties:
      return follow_properties(token);
    case Part::trigger:
      if (is_word(token, {"ROW"}) && behind_word({"EACH"})) part_ = Part::trigger_order;
      return;
    case Part::trigger_order:
      return follow_trigger_order(token);
    case Part::event:
      if (!is_word(token, {"DO"})) return;
      part_ = Part::body;
      statement_begins_ = true;
      return;
    case Part::block_or_begin:
      if (!is_word(token, {"NOT"})) {
        part_ = Part::other;
        return;
      }
      part_ = Part::body;
      return begin_block(Block::statements, previous_);
    case Part::body:
      return follow_body(token);
    case Part::signature:
    case Part::other:
      return;
  }
}

/// MariaDB knows blocks outside of programs, too.
void StoredProgram::follow_head(const Token& token) {
  if (is_word(token, {"CREATE", "ALTER"})) {
    part_ = Part::created;
  } else {
    begin_body(token);
  }
}

/// OR REPLACE, DEFINER = someone@somewhere and the like stand before PROCEDURE and its kin.
void StoredProgram::follow_created(const Token& token) {
  if (token.kind != TokenKind::word || is_symbol(previous_, "=") || is_symbol(previous_, "@") ||
      is_symbol(previous_, ".")) {
    return;
  }
  if (is_word(token, {"PROCEDURE", "FUNCTION"})) {
    part_ = Part::signature;
    is_function_ = is_word(token, {"FUNCTION"});
  } else if (is_word(token, {"TRIGGER"})) {
    part_ = Part::trigger;
  } else if (is_word(token, {"EVENT"})) {
    part_ = Part::event;
  } else if (!is_word(token,
                      {"OR", "REPLACE", "DEFINER", "CURRENT_USER", "CURRENT_ROLE", "AGGREGATE"})) {
    part_ = Part::other;
  }
}

/// A function's type can be many words, but its body is RETURN or a block.
void StoredProgram::follow_properties(const Token& token) {
  if (token.kind != TokenKind::word && token.kind != TokenKind::identifier) return;
  const bool property =
      is_function_
          ? !is_word(token, {"RETURN"})
          : is_word(token, {"COMMENT", "LANGUAGE", "SQL", "NOT", "DETERMINISTIC", "CONTAINS", "NO",
                            "READS", "MODIFIES", "DATA", "SECURITY", "DEFINER", "INVOKER"});
  if (begins_block(token) || !property) begin_body(token);
}

void StoredProgram::follow_trigger_order(const Token& token) {
  if (behind_word({"FOLLOWS", "PRECEDES"})) {
    part_ = Part::body;
    statement_begins_ = true;
  } else if (!is_word(token, {"FOLLOWS", "PRECEDES"})) {
    begin_body(token);
  }
}

void StoredProgram::begin_body(const Token& token) {
  const bool in_program = part_ != Part::head;
  part_ = Part::body;
  if (!in_program && is_word(token, {"BEGIN"})) {
    part_ = Part::block_or_begin;
  } else {
    statement_begins_ = true;
    follow_body(token);
  }
}

void StoredProgram::follow_body(const Token& token) {
  const bool begins = std::exchange(statement_begins_, false);
  const bool may_be_label = std::exchange(was_first_, false);
  if (is_symbol(token, ";")) {
    while (!blocks_.empty() && blocks_.back() == Block::expression) blocks_.pop_back();
    statement_begins_ = true;
    declares_ = in_condition_ = behind_end_ = false;
  } else if (std::exchange(behind_end_, false) && token.kind == TokenKind::word) {
    return;
  } else if (may_be_label && is_symbol(token, ":")) {
    statement_begins_ = true;
  } else if (begins) {
    begin_statement(token);
  } else if (blocks_.empty() && part_ == Part::body) {
    part_ = Part::other;  // A body of one statement.
  } else if (token.kind == TokenKind::word || in_condition_) {
    go_on(token);
  }
}

void StoredProgram::begin_statement(const Token& token) {
  if (is_word(token, {"BEGIN"})) {
    begin_block(Block::statements, token);
    statement_begins_ = true;
  } else if (is_word(token, {"IF", "CASE"})) {
    begin_block(Block::branches, token);
  } else if (is_word(token, {"LOOP"})) {
    begin_block(Block::statements, token);
    statement_begins_ = true;
  } else if (is_word(token, {"REPEAT"})) {
    begin_block(Block::repeat, token);
    statement_begins_ = true;
  } else if (is_word(token, {"WHILE", "FOR"})) {
    begin_block(Block::loop_head, token);
  } else if (is_word(token, {"END"})) {
    end_block();
  } else if (is_word(token, {"UNTIL"}) && !blocks_.empty()) {
    blocks_.back() = Block::until;
  } else if (is_word(token, {"ELSE"})) {
    statement_begins_ = true;
  } else {
    declares_ = is_word(token, {"DECLARE"});
    was_first_ = true;
  }
}

/// A token inside a statement.
void StoredProgram::go_on(const Token& token) {
  if (in_condition_ && follow_handler(token)) return;
  const Block block = blocks_.back();
  if (is_word(token, {"CASE"})) {
    blocks_.push_back(Block::expression);
  } else if (block == Block::expression || block == Block::until) {
    if (is_word(token, {"END"}) && !names_operand()) end_block();
  } else if (block == Block::branches && is_word(token, {"THEN", "ELSE"})) {
    statement_begins_ = true;
  } else if (block == Block::loop_head && is_word(token, {"DO"})) {
    blocks_.back() = Block::statements;
    statement_begins_ = true;
  } else if (is_word(token, {"ATOMIC"}) && behind_word({"NOT"})) {
    statement_begins_ = true;
  } else if (declares_ && is_word(token, {"FOR"}) && behind_word({"HANDLER"})) {
    in_condition_ = true;
  }
}

/// DECLARE … HANDLER FOR condition, condition statement. Whether `token` still is of a condition.
bool StoredProgram::follow_handler(const Token& token) {
  if (is_symbol(token, ",") || is_symbol(previous_, ",") ||
      behind_word({"FOR", "NOT", "SQLSTATE", "VALUE"})) {
    return true;
  }
  in_condition_ = false;
  begin_statement(token);
  return true;
}

void StoredProgram::begin_block(Block block, const Token& token) {
  if (blocks_.empty()) block_offset_ = token.offset;
  blocks_.push_back(block);
}

void StoredProgram::end_block() {
  if (blocks_.empty()) return;
  behind_end_ = blocks_.back() != Block::expression;
  blocks_.pop_back();
  if (blocks_.empty()) part_ = Part::other;
}

/// Whether an expression isn't complete before this token, which then is a name that END is, too.
bool StoredProgram::names_operand() const {
  if (previous_.kind == TokenKind::symbol) return previous_.text != ")";
  return behind_word({"WHEN", "THEN", "ELSE", "CASE", "AND", "OR", "XOR", "NOT", "BETWEEN", "LIKE",
                      "DIV", "MOD", "AS", "UNTIL"});
}

bool StoredProgram::behind_word(std::initializer_list<std::string_view> words) const {
  return is_word(previous_, words);
}

}  // namespace tidegate
