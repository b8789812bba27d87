// What hinders one direction of a link with a broker at the moment, in words, for people. From any
// thread.
#pragma once

#include <mutex>
#include <string>

namespace reef::brokers {

class Trouble {
public:
    void set(std::string text) {
        const std::lock_guard lock{mutex_};
        text_ = std::move(text);
    }
    std::string text() const {  // "": none
        const std::lock_guard lock{mutex_};
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

}  // namespace reef::brokers
