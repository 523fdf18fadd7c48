// What a static libpq wants of Kerberos and LDAP, of which distributions have no static form.
//
// Each function here fails the way that makes libpq go on without it, or, where it can't, puts the
// sentence below into its own message. So a program that is linked with this connects as if there
// were neither a ticket nor an LDAP server, and says what is missing to who asked for one.

#include <cstddef>
#include <cstring>

namespace {

using OM_uint32 = unsigned int;

struct gss_buffer_desc {
  std::size_t length;
  void* value;
};

// GSS_S_UNAVAILABLE of RFC 2744: "the operation or option is not available".
constexpr OM_uint32 kUnavailable = 16u << 16;

char not_available[] = "not available";
char no_kerberos[] = "this program is built without Kerberos";
char no_ldap[] = "this program is built without LDAP";

// Stands for what LDAP would have given us; libpq hands it back and never looks inside.
int nothing = 0;

constexpr int kLdapUnavailable = 52;
constexpr int kLdapBindAnswered = 0x61;

}  // namespace

#define TIDEGATE_ABSENT(name, answer) \
  extern "C" OM_uint32 name();        \
  extern "C" OM_uint32 name() { return answer; }

extern "C" {
extern void* GSS_C_NT_HOSTBASED_SERVICE;
void* GSS_C_NT_HOSTBASED_SERVICE = nullptr;
}

// Before connecting libpq asks for credentials, finds none, and goes on without encryption by
// Kerberos. Where the server insists on it, the name's import is the first thing to fail.
TIDEGATE_ABSENT(gss_acquire_cred, kUnavailable)
TIDEGATE_ABSENT(gss_import_name, kUnavailable)
TIDEGATE_ABSENT(gss_init_sec_context, kUnavailable)
TIDEGATE_ABSENT(gss_unwrap, kUnavailable)
TIDEGATE_ABSENT(gss_wrap, kUnavailable)
TIDEGATE_ABSENT(gss_wrap_size_limit, kUnavailable)
TIDEGATE_ABSENT(gss_delete_sec_context, 0)
TIDEGATE_ABSENT(gss_release_buffer, 0)
TIDEGATE_ABSENT(gss_release_cred, 0)
TIDEGATE_ABSENT(gss_release_name, 0)

// libpq shows both: "GSSAPI name import error: not available: this program is built …".
constexpr int kMajorStatus = 1;

extern "C" OM_uint32 gss_display_status(OM_uint32* minor, OM_uint32 status, int type, void*,
                                        OM_uint32* more, gss_buffer_desc* text);
extern "C" OM_uint32 gss_display_status(OM_uint32* minor, OM_uint32, int type, void*,
                                        OM_uint32* more, gss_buffer_desc* text) {
  *minor = 0;
  *more = 0;
  text->value = type == kMajorStatus ? not_available : no_kerberos;
  text->length = std::strlen(static_cast<char*>(text->value));
  return 0;
}

// A service file may name an LDAP server to ask. libpq connects to it, binds, searches, and tells
// in words only why the search failed: so all up to there goes well.
extern "C" {
void* ldap_init(const char*, int);
void* ldap_init(const char*, int) { return &nothing; }
int ldap_set_option(void*, int, const void*);
int ldap_set_option(void*, int, const void*) { return 0; }
int ldap_simple_bind(void*, const char*, const char*);
int ldap_simple_bind(void*, const char*, const char*) { return 1; }
int ldap_result(void*, int, int, void*, void** answer);
int ldap_result(void*, int, int, void*, void** answer) {
  *answer = &nothing;
  return kLdapBindAnswered;
}
int ldap_search_st(void*, const char*, int, const char*, char**, int, void*, void** answer);
int ldap_search_st(void*, const char*, int, const char*, char**, int, void*, void** answer) {
  *answer = nullptr;
  return kLdapUnavailable;
}
char* ldap_err2string(int);
char* ldap_err2string(int) { return no_ldap; }
int ldap_msgfree(void*);
int ldap_msgfree(void*) { return kLdapBindAnswered; }
int ldap_unbind(void*);
int ldap_unbind(void*) { return 0; }
int ldap_count_entries(void*, void*);
int ldap_count_entries(void*, void*) { return 0; }
void* ldap_first_entry(void*, void*);
void* ldap_first_entry(void*, void*) { return nullptr; }
void** ldap_get_values_len(void*, void*, const char*);
void** ldap_get_values_len(void*, void*, const char*) { return nullptr; }
void ldap_value_free_len(void**);
void ldap_value_free_len(void**) {}
}
