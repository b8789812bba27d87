#include "store/identity.hpp"

namespace reef::store {

namespace {

bool differ(const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
}

}  // namespace

std::string identity_text(const StorageIdentity& identity) {
    return identity.cluster + ' ' + identity.timeline + ' ' + identity.table + ' ' + identity.file;
}

StorageIdentity parse_identity(std::string_view text) {
    StorageIdentity identity;
    for (std::string* part :
         {&identity.cluster, &identity.timeline, &identity.table, &identity.file}) {
        const std::size_t space = text.find(' ');
        *part = text.substr(0, space);
        text = space == text.npos ? std::string_view{} : text.substr(space + 1);
    }
    return identity;
}

// A standby's folder is another one than the primary's, so the timeline is asked first.
SameStorage compare(const StorageIdentity& was, const StorageIdentity& is) {
    if (differ(was.cluster, is.cluster)) return SameStorage::no;
    if (differ(was.timeline, is.timeline)) return SameStorage::promoted;
    if (differ(was.table, is.table) || differ(was.file, is.file)) return SameStorage::no;
    return SameStorage::yes;
}

}  // namespace reef::store
