#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tidegate/catalog.h"

namespace tidegate::postgres {

// Each gives the look at a statement of one form, or null when it is of another. Names go to the
// server as they are written: it knows best how to fold them and where its search path leads.

/// `CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] [NAME] ON …`
std::unique_ptr<StatementLook> look_at_index_made(std::string_view statement);
/// `DROP INDEX CONCURRENTLY [IF EXISTS] NAME`
std::unique_ptr<StatementLook> look_at_index_dropped(std::string_view statement);
/// `REINDEX … CONCURRENTLY NAME`, and without the word where the server does several in a row.
std::unique_ptr<StatementLook> look_at_reindex(std::string_view statement);
/// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`
std::unique_ptr<StatementLook> look_at_detach(std::string_view statement);
/// `CREATE` or `DROP` of a `DATABASE`, `TABLESPACE` or `SUBSCRIPTION`
std::unique_ptr<StatementLook> look_at_object(std::string_view statement);

/// The rows of an answer, or null when the server refused the question; then `refusal` says why.
const Rows* rows_of(const ReadResult& result, std::string& refusal);

/// What a look comes to whose reads were refused.
Settlement refused(const std::string& refusal);

/// Whether the index that a statement would make is the one of `definition`, which is the server's.
/// Both stand behind the table's name: `(a, b) WHERE c`. Says no when it isn't sure.
bool same_index(std::string_view statement_rest, std::string_view definition);

}  // namespace tidegate::postgres
