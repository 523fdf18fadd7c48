#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::deploy {

/// Who migrates when a new version is rolled out.
enum class Pattern {
  job,       ///< one process, while each new replica waits
  replicas,  ///< every replica, and one of them does the work
};

/// When contract migrations run.
enum class Phases {
  together,  ///< with all others, before the new replicas start
  around,    ///< after the last old replica is gone
};

/// What the service is.
enum class Application {
  any,
  phoenix,  ///< a release whose own bin/migrate brings the database forward
};

/// What the files are made from. All texts have been checked by `checked`.
struct Settings {
  std::string name;                       ///< the service's, a DNS label
  std::string image;                      ///< its container image, with a tag
  std::string gate_image;                 ///< that of the migrations and the gate
  std::vector<std::string> folders = {};  ///< of migrations, below the project
  std::string config_file;                ///< `tidegate.toml`, or empty where there is none
  std::string secret;                     ///< of the cluster, with the key DATABASE_URL
  std::string health_path;
  std::string ready_path;
  std::uint32_t port = 8080;
  std::uint32_t replica_count = 3;
  std::uint32_t user_id = 65532;
  std::chrono::seconds deadline = std::chrono::minutes(10);  ///< of a migration
  Pattern pattern = Pattern::job;
  Phases phases = Phases::together;
  Application application = Application::any;
};

/// `settings` with what was left empty filled in, and every text such that it can stand in each of
/// the files as it is.
///
/// Throws: Error{usage} naming the flag.
Settings checked(Settings settings);

/// An image's reference in its two parts.
struct ImageName {
  std::string_view repository;
  std::string_view tag;
};
ImageName parts_of(std::string_view image);

/// What of a tag may stand in a resource's name: `1.4.0_rc1` is `1-4-0-rc1`.
std::string label_of(std::string_view tag);

/// A service's name made from that of its folder; `service` where nothing of it can be used.
std::string name_from_folder(std::string_view folder);

}  // namespace tidegate::deploy
