#include "api/assets.hpp"

#include <algorithm>
#include <array>

#include "base/hash.hpp"

// Name below /docs/, content type, symbol in asset_bytes.S.
#define REEF_ASSETS(X)                                                                     \
    X("favicon.svg", "image/svg+xml", favicon)                                             \
    X("index.html", "text/html; charset=utf-8", index)                                     \
    X("init.js", "text/javascript; charset=utf-8", init)                                   \
    X("LICENSE", "text/plain; charset=utf-8", license)                                     \
    X("page.css", "text/css; charset=utf-8", page_style)                                   \
    X("swagger-ui-bundle.js", "text/javascript; charset=utf-8", swagger_ui)                \
    X("swagger-ui-bundle.js.LICENSE.txt", "text/plain; charset=utf-8", swagger_ui_notices) \
    X("swagger-ui.css", "text/css; charset=utf-8", swagger_ui_style)

#define REEF_DECLARE(name, type, symbol) \
    extern const char asset_##symbol##_begin[], asset_##symbol##_end[];
extern "C" {
REEF_ASSETS(REEF_DECLARE)
}

namespace reef::api {

namespace {

Asset asset(std::string_view name, std::string_view type, const char* begin, const char* end) {
    const std::string_view bytes{begin, static_cast<std::size_t>(end - begin)};
    return {name, type, bytes, '"' + to_hex(hash_of(bytes)) + '"'};
}

}  // namespace

const Asset* find_asset(std::string_view name) {
#define REEF_ELEMENT(name, type, symbol) \
    asset(name, type, asset_##symbol##_begin, asset_##symbol##_end),
    static const std::array assets{REEF_ASSETS(REEF_ELEMENT)};
    const auto found = std::ranges::find(assets, name, &Asset::name);
    return found == assets.end() ? nullptr : &*found;
}

}  // namespace reef::api
