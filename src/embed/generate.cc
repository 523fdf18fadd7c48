#include "embed/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tidegate::embed {
namespace {

std::string escaped(std::string_view text) {
  std::string literal;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      literal += "\\n";
    } else if (c == '"' || c == '\\') {
      literal += {'\\', c};
    } else if (byte < 0x20 || byte >= 0x7F || c == '?') {
      // Three digits, so that a digit behind them isn't taken for one more. `??` begins a trigraph.
      literal += fmt::format("\\{:03o}", byte);
    } else {
      literal += c;
    }
  }
  return literal;
}

std::vector<const Script*> scripts_of(const MigrationSet& set) {
  std::vector<const Script*> scripts;
  for (const Migration& migration : set.migrations) {
    scripts.push_back(&migration.up);
    if (migration.down) scripts.push_back(&*migration.down);
  }
  return scripts;
}

}  // namespace

std::string literal_of(std::string_view text) {
  std::string literal;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    literal += fmt::format("\n     \"{}\"", escaped(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return literal.empty() ? "\"\"" : literal;
}

Generated generate(const MigrationSet& set, const std::string& name) {
  const std::vector<const Script*> scripts = scripts_of(set);
  Generated generated;
  generated.header = fmt::format(
      "// Made by tidegate-embed from {0}.\n"
      "#pragma once\n\n"
      "#include <tidegate/embedded.h>\n\n"
      "/// {1} migrations, as they were when this was built.\n"
      "const tidegate::EmbeddedFolder& {2}();\n",
      fmt::join(set.folders, ", "), set.migrations.size(), name);

  std::string& source = generated.source;
  source = fmt::format("// Made by tidegate-embed from {0}.\n#include \"{1}.h\"\n\n",
                       fmt::join(set.folders, ", "), name);
  source += fmt::format("const tidegate::EmbeddedFolder& {}() {{\n", name);
  if (!scripts.empty()) {
    source += "  static constexpr tidegate::EmbeddedFile kFiles[] = {\n";
    for (const Script* script : scripts) {
      source +=
          fmt::format("    {{{}, {}}},\n", literal_of(script->file), literal_of(script->text));
    }
    source += "  };\n";
  }
  source += fmt::format(
      "  static constexpr tidegate::EmbeddedFolder kFolder = {{{}, {}, {}}};\n"
      "  return kFolder;\n"
      "}}\n",
      literal_of(fmt::format("{}", fmt::join(set.folders, ", "))), literal_of(set.format),
      scripts.empty() ? "{}" : "kFiles");
  return generated;
}

}  // namespace tidegate::embed
