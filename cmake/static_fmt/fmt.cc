// The compiled part of fmt, of which distributions have a shared form only. Compiling it here once
// takes seconds; as a header-only library it would take three more for each of our sources.

#include <fmt/format-inl.h>

#include <locale>

// These templates' definitions stand in the header above, and others only declare them.
template fmt::detail::locale_ref::locale_ref(const std::locale& locale);
template std::locale fmt::detail::locale_ref::get<std::locale>() const;
template auto fmt::detail::thousands_sep_impl(fmt::detail::locale_ref locale)
    -> fmt::detail::thousands_sep_result<char>;
template char fmt::detail::decimal_point_impl(fmt::detail::locale_ref locale);
