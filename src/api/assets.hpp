// The files of the /docs page, embedded in the program. Immutable: any thread may ask.
#pragma once

#include <string>
#include <string_view>

namespace reef::api {

struct Asset {
    std::string_view name;          // "index.html", below /docs/
    std::string_view content_type;  // with the charset
    std::string_view gzip_bytes;    // the only form there is: sent with "Content-Encoding: gzip"
    std::string etag;               // strong, in quotes: changes with the bytes
};

// Null when nothing of that name is embedded.
const Asset* find_asset(std::string_view name);

// What the page may load: itself, and `data:` images, which Swagger UI draws its arrows with.
// Nothing inline, nothing from elsewhere; requests from "Try it out" go to the page's own server.
inline constexpr std::string_view docs_content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace reef::api
