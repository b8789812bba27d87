#include "brokers/change_signer.hpp"

#include <algorithm>

#include "base/hmac.hpp"

namespace reef::brokers {

namespace {

constexpr std::string_view form = "1:";
constexpr std::size_t name_bytes = 8;

}  // namespace

// A key's name tells nothing of the key.
ChangeSigner::ChangeSigner(std::string_view app, const std::vector<std::string>& secrets)
    : app_(app) {
    for (const std::string& secret : secrets) {
        std::string key = hmac_sha256(secret, "change");
        std::string name = hex_of(hmac_sha256(key, "name").substr(0, name_bytes));
        keys_.push_back({std::move(name), std::move(key)});
    }
}

std::string ChangeSigner::mac(const Key& key, std::string_view change_json) const {
    std::string text;
    text.reserve(app_.size() + 1 + change_json.size());
    text.append(app_).append(1, '\0').append(change_json);
    return hex_of(hmac_sha256(key.key, text));
}

std::string ChangeSigner::sign(std::string_view change_json) const {
    const Key& key = keys_.front();
    return std::string{form} + key.name + ':' + mac(key, change_json);
}

bool ChangeSigner::is_good(std::string_view signature, std::string_view change_json) const {
    if (!signature.starts_with(form)) return false;
    signature.remove_prefix(form.size());
    const std::size_t colon = std::min(signature.find(':'), signature.size());
    const auto name = signature.substr(0, colon);
    const auto known = std::find_if(keys_.begin(), keys_.end(),
                                    [name](const Key& key) { return key.name == name; });
    if (known == keys_.end() || colon == signature.size()) return false;
    return equal_in_constant_time(signature.substr(colon + 1), mac(*known, change_json));
}

}  // namespace reef::brokers
