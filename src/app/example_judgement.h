// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a call did what its golden example says. Source: docs/formats/skill-manifest.md, `examples`.

#include <palyra/app/execute_module.h>
#include <palyra/app/run_examples.h>

namespace palyra::app {

// Pass or fail. `execution` ended because of the guest, not because of us.
ExampleResult judge_example(const skills::ToolExample& example, const Execution& execution);

// A failure, whatever the tool made of it: it asked for `missed`, which nothing was recorded for.
ExampleResult unrecorded_request(const std::string& missed, const std::vector<std::string>& unused);

}  // namespace palyra::app
