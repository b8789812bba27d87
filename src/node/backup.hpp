// Copies of a node's store for an operator: taken while the node serves, put back while it does
// not. A node whose store was put back begins a new life at its next start, because its mark, which
// lies in another folder and which nothing here touches, tells it that the store is another one.
#pragma once

#include <string>

#include "config/app.hpp"
#include "store/backup.hpp"

namespace reef::node {

// `data`: the folder of the app's stores. See store/backup.hpp for the errors.
Result<store::CopyContents> back_up(const config::App& app, const config::Node& node,
                                    const std::string& data, const store::BackupOptions& options);

struct RestoreResult {
    store::CopyContents contents = {};
    std::string kept_as = {};  // the file that has what was there before; "": there was nothing
};
// `keep`: what was there before stays, in a file that is named after the time.
Result<RestoreResult> restore(const config::App& app, const config::Node& node,
                              const std::string& data, const std::string& copy, bool keep);

// Tells the node that it may go on without the peers that it would ask what it wrote before. It
// takes note of that while it waits, or at its next start. unavailable: the file cannot be made.
Result<void> let_go_on_alone(const config::Node& node, const std::string& data);

}  // namespace reef::node
