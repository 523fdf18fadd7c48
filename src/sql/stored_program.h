#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "sql/lexer.h"

namespace tidegate {

/// Follows one statement of MySQL's or MariaDB's token by token and knows whether a semicolon ends
/// it, or only a part of the stored program that it makes or of the block that it is.
///
/// END, BEGIN and others are names as well, so that they count only where a statement can begin.
/// https://mariadb.com/kb/en/programmatic-compound-statements/
class StoredProgram {
 public:
  /// Takes in the next token, semicolons inside the statement included.
  void add(const Token& token);

  /// Whether a block was begun and its END is still to come.
  bool in_block() const { return !blocks_.empty(); }
  /// Where the outermost block begins.
  std::size_t block_offset() const { return block_offset_; }

 private:
  enum class Part {
    head,            ///< nothing was seen yet
    created,         ///< CREATE or ALTER: what it makes is still to come
    signature,       ///< of a procedure or function, up to the end of its parameters
    properties,      ///< behind them, up to the body
    trigger,         ///< up to FOR EACH ROW
    trigger_order,   ///< FOLLOWS or PRECEDES another, or the body
    event,           ///< up to DO
    block_or_begin,  ///< BEGIN outside of a program: NOT ATOMIC follows, or it begins a transaction
    body,
    other  ///< no program, or behind its end
  };
  enum class Block {
    statements,  ///< BEGIN, LOOP, and WHILE and FOR behind their DO: up to END
    branches,    ///< IF, CASE: statements behind THEN and ELSE
    repeat,      ///< up to UNTIL
    until,       ///< a condition, then END REPEAT
    loop_head,   ///< WHILE, FOR: up to DO
    expression   ///< CASE with a value: up to END
  };

  void add_outside_of_parentheses(const Token& token);
  void follow_head(const Token& token);
  void follow_created(const Token& token);
  void follow_properties(const Token& token);
  void follow_trigger_order(const Token& token);
  void follow_body(const Token& token);
  void begin_statement(const Token& token);
  void go_on(const Token& token);
  void begin_body(const Token& token);
  void begin_block(Block block, const Token& token);
  void end_block();
  bool follow_handler(const Token& token);
  bool names_operand() const;
  bool behind_word(std::initializer_list<std::string_view> words) const;

  Part part_ = Part::head;
  bool is_function_ = false;
  bool statement_begins_ = false;  ///< the next token is the first of a statement
  bool was_first_ = false;         ///< the previous one was, and may be a label
  bool declares_ = false;          ///< in a statement that DECLARE began
  bool in_condition_ = false;      ///< behind HANDLER FOR, up to the statement
  bool behind_end_ = false;        ///< END says which block it ends
  std::size_t parenthesis_depth_ = 0;
  std::size_t block_offset_ = 0;
  std::vector<Block> blocks_;
  Token previous_;
};

}  // namespace tidegate
