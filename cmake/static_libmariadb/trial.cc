// Links when libmariadb's static form has all that it needs.

#include <mysql.h>

int main() {
  MYSQL* const handle = mysql_init(nullptr);
  mysql_close(handle);
  return handle == nullptr ? 1 : 0;
}
