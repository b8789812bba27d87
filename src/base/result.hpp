// Result<T>: a value, or an Error that says what failed, on which object, and what to do next.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reef {

// Grouped by what the caller does about it.
enum class Errc : std::uint8_t {
    invalid,          // the input is wrong: tell whoever sent it
    not_found,        // the thing does not exist
    conflict,         // it exists, in another state than the caller thinks
    rejected,         // the database refused this row: set it aside, keep the others
    locked,           // another program holds this row, or has just changed it: try again soon
    overloaded,       // a bound is reached: try again soon
    unavailable,      // nothing happened, the other side is away: try again later
    refused,          // the same, and its machine says so: nobody listens there
    timeout,          // the deadline passed
    outcome_unknown,  // it may have happened: find out before trying again
    broken,           // durable storage failed: the process must end
    closed,           // we are stopping
};

std::string_view name_of(Errc code);

struct Error {
    Errc code = Errc::invalid;
    std::string what;
};

// A class of its own, so that the compiler warns where one is dropped. A caller that means to
// drop it writes static_cast<void>.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
public:
    using boost::system::result<T, Error>::result;
};

// boost::system::result calls this when value() is asked of an error: a programmer's mistake.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location& where) {
    throw std::logic_error(error.what + " (unchecked result at " + where.to_string() + ")");
}

}  // namespace reef
