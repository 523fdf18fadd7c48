#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tidegate {

/// A folder of a test's own, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / ("tidegate-" + std::string(6, 'X'))).string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("can't make " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    // A test may have closed it.
    std::filesystem::permissions(path_, kOpen, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(std::string_view below = {}) const {
    return below.empty() ? path_.string() : (path_ / below).string();
  }

  /// Lets other users look into it.
  void open_to_all() const { std::filesystem::permissions(path_, kOpen); }

  /// Writes a file and the folders above it.
  void write(std::string_view below, std::string_view text) const {
    std::filesystem::create_directories((path_ / below).parent_path());
    std::ofstream(path_ / below, std::ios::binary) << text;
  }

 private:
  static constexpr std::filesystem::perms kOpen{0755};

  std::filesystem::path path_;
};

}  // namespace tidegate
