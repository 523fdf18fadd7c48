#pragma once

#include "report/command_reporter.h"

namespace tidegate::cli {

/// Puts something at descriptors 0, 1 and 2 where the caller left them closed: the next thing
/// opened, a database's socket, would take their numbers and receive what is printed. Reading and
/// writing there still fails, as it would have.
void occupy_standard_streams();

/// Whether text at that descriptor may be coloured: it is a terminal that knows colours, and
/// NO_COLOR (https://no-color.org) isn't set.
Color color_for_terminal(int descriptor);

/// Whether a line there can be written over.
ReporterSettings::Live live_on(int descriptor);

}  // namespace tidegate::cli
