// What the load generator is asked to do.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace reef::bench {

// X-Request-ID of a PUT. In a store that keeps them sorted, sequential ones land beside each other
// and random ones all over: random is what clients send.
enum class RequestIds : std::uint8_t { uuid, sequence, none };

enum class Mode : std::uint8_t { get, put, mixed, post, list };

struct LoadOptions {
    Mode mode = Mode::get;
    std::string address = "127.0.0.1";
    std::uint16_t port = 80;
    std::string path;  // "/us/properties"; an id follows after a slash
    std::uint32_t connections = 64;
    std::uint32_t threads = 1;
    std::int64_t first_id = 1;
    std::int64_t last_id = 3000;
    std::int64_t id_step = 1;  // every so many ids only
    double seconds = 5;
    double warm_up_seconds = 1;
    std::uint64_t count = 0;  // so many requests instead of a time
    double rate = 0;          // requests per second, open loop; 0: closed loop
    std::uint32_t writes_percent = 50;
    RequestIds request_ids = RequestIds::uuid;
    std::string headers = {};  // of a POST or a PUT: "name: value\r\n" lines
    // Of a POST or a PUT, with {n} where it says a number that nobody else has. "": a PUT names a
    // price, and the version that it has read.
    std::string body = {};
    bool json = false;

    std::int64_t ids() const { return (last_id - first_id) / id_step + 1; }
};

// What nobody can go on after: wrong arguments, no server, a server that speaks no HTTP.
class LoadError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Ends the process after --help or a usage error (status 2).
LoadOptions parse_load_options(int count, char** values);

// Whether each connection writes records that no other one writes.
bool owns_records(Mode mode);

const char* name_of(Mode mode);

}  // namespace reef::bench
