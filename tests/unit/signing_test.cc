// Who may say what: signatures of changes, and secrets that peers show.
#include <gtest/gtest.h>

#include "base/hmac.hpp"
#include "brokers/change_signer.hpp"
#include "peers/admission.hpp"

namespace reef {
namespace {

using brokers::ChangeSigner;

// RFC 4231, cases 1, 2 and 6.
TEST(Hmac, IsTheOneThatOthersMake) {
    EXPECT_EQ(hex_of(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex_of(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Signatures, FitOneChangeOfOneAppUnderOneSecret) {
    const ChangeSigner signer{"shop", {"s"}};
    const std::string change = R"({"stamp":"us.1:7@5"})";
    const std::string signature = signer.sign(change);
    EXPECT_TRUE(signer.is_good(signature, change));
    EXPECT_FALSE(signer.is_good(signature, R"({"stamp":"us.1:8@5"})"));
    EXPECT_FALSE((ChangeSigner{"shop2", {"s"}}.is_good(signature, change)));
    EXPECT_FALSE((ChangeSigner{"shop", {"t"}}.is_good(signature, change)));
    for (const std::string& wrong :
         {std::string{}, std::string{"1:"}, "2" + signature.substr(1), signature + "0",
          signature.substr(0, signature.size() - 1), signature.substr(2)}) {
        EXPECT_FALSE(signer.is_good(wrong, change)) << wrong;
    }
    EXPECT_FALSE(ChangeSigner{}.signs());
}

// Fixed for ever: a change that was signed yesterday is read tomorrow.
TEST(Signatures, AreTheSameInEachVersion) {
    EXPECT_EQ((ChangeSigner{"shop", {"s"}}.sign("{}")),
              "1:da891231e8418c91:9dedaf36218"
              "1b01a380304f2507c2ac9aa166bff4d1ada6955b02eff0cd7adb1");
}

TEST(Signatures, SecretsAreExchangedOneNodeAtATime) {
    const ChangeSigner before{"shop", {"old"}};
    const ChangeSigner ready{"shop", {"old", "new"}};
    const ChangeSigner turned{"shop", {"new", "old"}};
    const ChangeSigner after{"shop", {"new"}};
    const std::vector<std::pair<const ChangeSigner*, const ChangeSigner*>> side_by_side{
        {&before, &ready}, {&ready, &turned}, {&turned, &after}};
    for (const auto& [one, other] : side_by_side) {
        EXPECT_TRUE(one->is_good(other->sign("{}"), "{}"));
        EXPECT_TRUE(other->is_good(one->sign("{}"), "{}"));
    }
    EXPECT_FALSE(after.is_good(before.sign("{}"), "{}"));
}

TEST(Admission, TakesAnyOfItsSecrets) {
    const auto admits = [](std::vector<std::string> secrets, std::string_view shown) {
        http::Request request;
        request.headers.emplace_back("atoll-peer-secret", shown);
        request.peer_address = "10.0.0.7";
        return peers::Admission{std::move(secrets)}.admits(request);
    };
    EXPECT_TRUE(admits({"new", "old"}, "new"));
    EXPECT_TRUE(admits({"new", "old"}, "old"));
    for (const char* wrong : {"", "ne", "newo", "new,old"})
        EXPECT_FALSE(admits({"new", "old"}, wrong)) << wrong;
    EXPECT_FALSE(admits({}, ""));
}

}  // namespace
}  // namespace reef
