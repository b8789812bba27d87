#include "peers/admission.hpp"

#include "base/hmac.hpp"

namespace reef::peers {

namespace {

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

}  // namespace

bool Admission::admits(const http::Request& request) const {
    if (closed) return false;
    if (secrets.empty()) return is_loopback(request.peer_address);
    const std::string_view shown = request.header("atoll-peer-secret");
    bool known = false;
    for (const std::string& secret : secrets)
        known = equal_in_constant_time(shown, secret) | known;
    return known;
}

}  // namespace reef::peers
