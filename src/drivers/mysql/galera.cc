#include "drivers/mysql/galera.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "drivers/mysql/errors.h"

namespace tidegate::mysql {

Query ask_node_state() {
  return {
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status', "
      "'wsrep_local_state', 'wsrep_local_state_comment')"};
}

std::optional<Error> refusal_of_node(const Rows& rows) {
  constexpr std::string_view kSynced = "4";
  std::map<std::string, std::string> state;
  for (std::size_t row = 0; row < rows.size(); ++row) state[rows.text(row, 0)] = rows.text(row, 1);
  const bool has_cluster =
      state["wsrep_ready"] == "ON" && state["wsrep_cluster_status"] == "Primary";
  if (has_cluster && state["wsrep_local_state"] == kSynced) return std::nullopt;
  const std::string what =
      state["wsrep_cluster_status"] == "Primary"
          ? fmt::format("isn't in step with its cluster ({})", state["wsrep_local_state_comment"])
          : "has lost its cluster";
  Error error(ErrorCode::unreachable, "the server's node " + what,
              "wait until it is synced, or name other nodes in the URL");
  error.server_code = std::to_string(kNotPrepared);
  return error;
}

}  // namespace tidegate::mysql
