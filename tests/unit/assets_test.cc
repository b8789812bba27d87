// The embedded files of the /docs page.
#include "api/assets.hpp"

#include <gtest/gtest.h>

namespace reef::api {
namespace {

constexpr std::string_view all[]{"favicon.svg",
                                 "index.html",
                                 "init.js",
                                 "LICENSE",
                                 "page.css",
                                 "swagger-ui-bundle.js",
                                 "swagger-ui-bundle.js.LICENSE.txt",
                                 "swagger-ui.css"};

// A gzip member: its magic number in front, the length of what is inside (RFC 1952) at its end.
std::size_t unpacked_size(std::string_view gzip) {
    std::size_t size = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
        size = size << 8 | static_cast<unsigned char>(gzip[gzip.size() - i]);
    }
    return size;
}

TEST(Assets, AreGzipMembersWithATypeAndAnEtag) {
    for (const std::string_view name : all) {
        SCOPED_TRACE(name);
        const Asset* asset = find_asset(name);
        ASSERT_NE(asset, nullptr);
        EXPECT_EQ(asset->name, name);
        ASSERT_GT(asset->gzip_bytes.size(), 18u);
        EXPECT_EQ(asset->gzip_bytes.substr(0, 3), "\x1f\x8b\x08");
        EXPECT_GT(unpacked_size(asset->gzip_bytes), asset->gzip_bytes.size() / 2);
        EXPECT_NE(asset->content_type.find('/'), std::string_view::npos);
        EXPECT_EQ(asset->etag.size(), 34u);
        EXPECT_TRUE(asset->etag.starts_with('"') && asset->etag.ends_with('"')) << asset->etag;
    }
}

TEST(Assets, EachHasBytesOfItsOwn) {
    for (const std::string_view one : all) {
        for (const std::string_view other : all) {
            if (one != other) {
                EXPECT_NE(find_asset(one)->etag, find_asset(other)->etag);
            }
        }
    }
    EXPECT_GT(find_asset("swagger-ui-bundle.js")->gzip_bytes.size(), 100'000u);
    EXPECT_EQ(find_asset("index.html"), find_asset("index.html"));
}

TEST(Assets, NothingElseIsThere) {
    for (const std::string_view name : {"", "index", "../index.html", "INDEX.HTML", "docs"}) {
        EXPECT_EQ(find_asset(name), nullptr) << name;
    }
}

}  // namespace
}  // namespace reef::api
