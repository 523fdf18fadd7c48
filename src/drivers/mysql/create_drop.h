#pragma once

#include "tidegate/driver.h"

namespace tidegate::mysql {

Driver::Existed create_database(const DatabaseUrl& url, const ConnectOptions& options);
Driver::Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                              Driver::Force force);

}  // namespace tidegate::mysql
