#include <fmt/format.h>

#include <filesystem>

#include "base/nearest.h"
#include "cli/all_commands.h"
#include "cli/config_file.h"
#include "cli/secrets.h"
#include "cli/wanted.h"
#include "cli/written_files.h"
#include "report/printable.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

namespace fs = std::filesystem;
using Fate = WrittenFile::Fate;

/// The folders of migrations, those of a Phoenix project where none was named.
std::vector<std::string> folders_of(const Options& options) {
  std::vector<std::string> folders;
  if (options.values.find("dir") == nullptr) return folders;
  for (const std::string& folder : options.folder.folders) {
    std::string normal = fs::path(folder).lexically_normal().string();
    while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
    folders.push_back(std::move(normal));
  }
  return folders;
}

deploy::Settings settings_of(const Options& options) {
  const Wanted wanted(options.values);
  deploy::Settings settings;
  settings.name = deploy::name_from_folder(fs::current_path().filename().string());
  wanted.read("name", settings.name);
  wanted.read("image", settings.image);
  wanted.read("gate-image", settings.gate_image);
  wanted.read("secret", settings.secret);
  wanted.read("health-path", settings.health_path);
  wanted.read("ready-path", settings.ready_path);
  Switch phoenix = Switch::off;
  wanted.read("phoenix", phoenix);
  if (phoenix == Switch::on) {
    settings.application = deploy::Application::phoenix;
    settings.port = 4000;
    settings.user_id = 65534;  // `nobody`, as which Phoenix's own Dockerfile runs the release
  }
  Switch phases = Switch::off;
  wanted.read("phases", phases);
  if (phases == Switch::on) settings.phases = deploy::Phases::around;
  if (wanted.choice("pattern").value_or(0) == 1) settings.pattern = deploy::Pattern::replicas;
  settings.port = wanted.count("port").value_or(settings.port);
  settings.replica_count = wanted.count("replicas").value_or(settings.replica_count);
  settings.user_id = wanted.count("user-id").value_or(settings.user_id);
  std::chrono::milliseconds deadline = settings.deadline;
  wanted.read_duration("deadline", deadline);
  settings.deadline = std::chrono::duration_cast<std::chrono::seconds>(deadline);
  settings.folders = folders_of(options);
  settings.config_file = config_file_of(options.values);
  return checked(std::move(settings));
}

const deploy::Generator& generator_named(const std::string& name) {
  if (const deploy::Generator* found = deploy::find_generator(name)) return *found;
  std::vector<std::string_view> known;
  for (const deploy::Generator& one : deploy::all_generators()) known.push_back(one.name);
  const std::string_view near = nearest(name, known);
  throw Error(ErrorCode::usage, fmt::format("nothing is generated for '{}'", masked(name)),
              near.empty() ? fmt::format("write one of {}", fmt::join(known, ", "))
                           : fmt::format("did you mean {}?", near));
}

void tell(Context& context, const WrittenFile& file) {
  struct Words {
    std::string_view event, verb;
  };
  constexpr Words kWords[] = {
      {"file_made", "made"}, {"file_replaced", "replaced"}, {"file_unchanged", "unchanged"}};
  const Words& words = kWords[static_cast<std::size_t>(file.fate)];
  context.reporter.tell({{},
                         words.event,
                         fmt::format("{} {}", words.verb, printable(file.path)),
                         {{"file", file.path}}});
}

ExitCode run_generate(Context& context) {
  const Options& options = context.options;
  const deploy::Generator& generator = generator_named(options.operands.front());
  const auto files = deploy::generate(generator, settings_of(options));
  std::string output = ".";
  Wanted(options.values).read("output", output);
  for (const WrittenFile& file : write_generated(files, output, options.force)) {
    tell(context, file);
  }
  return ExitCode::done;
}

}  // namespace

const Command kGenerateCommand = {
    .name = "generate",
    .operand = "KIND",
    .summary = "write the files that put the gate in front of a service",
    .description =
        "Writes files to be read, changed where they don't fit, and committed. KIND is one of\n"
        "  docker      Dockerfile.gate: an image of the gate and this build's migrations\n"
        "  kubernetes  deploy/kubernetes: a Deployment behind the gate, a Job that migrates\n"
        "  helm        deploy/helm/NAME: the same as a chart\n"
        "  systemd     deploy/systemd: units for several instances and one that migrates\n"
        "  compose     compose.yaml\n\n"
        "Their settings are best kept in tidegate.toml, below [generate].\n\n"
        "A file that nobody has edited since is replaced. Where one was edited, nothing is written "
        "unless --force says so.",
    .run = run_generate,
};

}  // namespace tidegate::cli
