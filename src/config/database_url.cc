#include "config/database_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "config/spelling.hpp"
#include "store/postgres/url_parameters.hpp"

namespace reef::config {

namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_percent_encoded(std::string_view text) {
    for (std::size_t at = text.find('%'); at != std::string_view::npos;
         at = text.find('%', at + 1)) {
        if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
    }
    return true;
}

// One "host:port" of what may be a list of them.
std::string wrong_with_place(std::string_view place) {
    std::string_view port;
    if (place.starts_with('[')) {
        const std::size_t end = place.find(']');
        if (end == std::string_view::npos) return "an IPv6 address must end with ']'";
        port = place.substr(end + 1);
        if (!port.empty() && !port.starts_with(':'))
            return "']' must be followed by ':' and a port";
    } else if (const std::size_t colon = place.find(':'); colon != std::string_view::npos) {
        port = place.substr(colon);
    }
    if (port.size() < 2) return "";
    port.remove_prefix(1);
    std::uint16_t number = 0;
    const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
    if (read.ec == std::errc{} && read.ptr == port.data() + port.size() && number > 0) return "";
    return "the port must be a number from 1 to 65535";
}

std::string wrong_with_parameters(std::string_view text) {
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        const std::string name{one.substr(0, one.find('='))};
        const auto& known = store::postgres::url_parameters();
        // A text that is no name may be the end of a password with a '?' in it: never quote it.
        if (one.find('=') == std::string_view::npos || !is_made_of_letters_digits_and("_", name))
            return "after '?' must come name=value; a '?' elsewhere must be written %3F";
        if (std::find(known.begin(), known.end(), name) == known.end())
            return "PostgreSQL knows no parameter " + in_quotes(name) + did_you_mean(name, known);
    }
    return "";
}

}  // namespace

std::string wrong_with_database_url(std::string_view url) {
    url.remove_prefix(std::min(url.size(), url.find("://") + 3));
    if (!is_percent_encoded(url))
        return "'%' must be followed by two hexadecimal digits, or be %25";
    const std::size_t question = std::min(url.size(), url.find('?'));
    if (question < url.size()) {
        std::string wrong = wrong_with_parameters(url.substr(question + 1));
        if (!wrong.empty()) return wrong;
    }
    std::string_view places = url.substr(0, std::min(question, url.find('/')));
    if (std::count(places.begin(), places.end(), '@') > 1)
        return "'@' in a user or password must be written %40";
    places.remove_prefix(places.find('@') + 1);  // from the start when there is none
    while (!places.empty()) {
        const std::string_view one = places.substr(0, places.find(','));
        places.remove_prefix(std::min(places.size(), one.size() + 1));
        std::string wrong = wrong_with_place(one);
        if (!wrong.empty()) return wrong;
    }
    return "";
}

}  // namespace reef::config
