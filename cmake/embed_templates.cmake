# Writes SOURCE, which has the text of every file below FOLDER: see TidegateTemplates.cmake.
file(GLOB_RECURSE paths RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT paths)
set(rows "")
foreach(path IN LISTS paths)
  file(READ ${FOLDER}/${path} text)
  string(APPEND rows "    {R\"~(${path})~\", R\"~(${text})~\"},\n")
endforeach()
file(WRITE ${SOURCE} "#include \"deploy/templates.h\"

namespace tidegate::deploy {
namespace {

constexpr Template kTemplates[] = {
${rows}};

}  // namespace

std::span<const Template> all_templates() { return kTemplates; }

}  // namespace tidegate::deploy
")
