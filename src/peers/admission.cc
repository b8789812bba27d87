#include "peers/admission.hpp"

namespace reef::peers {

namespace {

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

// Takes as long for a wrong secret as for the right one.
bool equal_secrets(std::string_view a, std::string_view b) {
    bool equal = a.size() == b.size();
    for (std::size_t i = 0; i < a.size(); ++i) {
        equal = (a[i] == b[i % b.size()]) & equal;
    }
    return equal;
}

}  // namespace

bool Admission::admits(const http::Request& request) const {
    if (closed) return false;
    if (secret.empty()) return is_loopback(request.peer_address);
    return equal_secrets(request.header("atoll-peer-secret"), secret);
}

}  // namespace reef::peers
