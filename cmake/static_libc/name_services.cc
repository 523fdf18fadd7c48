// For the program that is linked with a static C library.
//
// What a name means (a host, a user) the C library asks of modules that /etc/nsswitch.conf lists,
// and loads them at run time, each with the shared C library that it was built for. In a program
// that has a C library of its own that ends in a crash: Debian's `passwd: files systemd` did so
// for every user who isn't in /etc/passwd. "files" and "dns" are part of the C library itself, so
// the list is made of these before anybody asks.

#include <nss.h>

namespace {

struct NameServices {
  NameServices() {
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
    __nss_configure_lookup("hosts", "files dns");
    __nss_configure_lookup("services", "files");
    __nss_configure_lookup("protocols", "files");
  }
};

const NameServices kNameServices;

}  // namespace
