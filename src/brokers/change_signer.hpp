// Signs the changes that go to a broker, and checks those that come from there: whoever may write
// to a topic could otherwise say what a node's next write was, and the node's own would be missed.
//
// A signature is "1:KEY:MAC". MAC is HMAC-SHA-256 over the app's name, a zero byte and the change's
// JSON, exactly as it is in the log. Its key is made of the secret that the app's nodes share, and
// KEY says of which one. Several secrets are accepted and the first one signs: so secrets are
// exchanged while the nodes run. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reef::brokers {

class ChangeSigner {
public:
    ChangeSigner() = default;  // without a secret: it signs nothing, and accepts everything
    ChangeSigner(std::string_view app, const std::vector<std::string>& secrets);

    bool signs() const { return !keys_.empty(); }
    std::string sign(std::string_view change_json) const;
    bool is_good(std::string_view signature, std::string_view change_json) const;

private:
    struct Key {
        std::string name;
        std::string key;
    };
    std::string mac(const Key& key, std::string_view change_json) const;

    std::string app_;
    std::vector<Key> keys_;
};

}  // namespace reef::brokers
