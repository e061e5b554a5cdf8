/** @file What has to stay with the Push-T demonstrations of Diffusion Policy: licence and notice. */

const LICENSE = `MIT License

Copyright (c) 2023 Columbia Artificial Intelligence and Robotics Lab

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`;

const NOTICE = `# Push-T demonstrations

206 human demonstrations (25,650 frames at 10 Hz) of pushing a T-shaped block onto a T-shaped target with a round
pusher.

- Origin: \`pusht_cchi_v7_replay.zarr\` of [real-stanford/diffusion_policy](https://github.com/real-stanford/diffusion_policy),
  published with Chi et al., "Diffusion Policy: Visuomotor Policy Learning via Action Diffusion", 2023,
  [arXiv:2303.04137](https://arxiv.org/abs/2303.04137).
- Licence: MIT, Copyright (c) 2023 Columbia Artificial Intelligence and Robotics Lab; full text in \`LICENSE\`.
- Changes: \`data/state\` and \`data/action\` converted to a LeRobot v3.0 dataset, every float32 value unchanged; images,
  keypoints and contact counts left out; column names, the instruction text and statistics added.

| column | values | unit |
|---|---|---|
| \`observation.state\` | agent x, agent y, block x, block y, block angle | px on a 512 × 512 board (y down), angle in rad |
| \`action\` | target x, target y of the agent | px |

Made by \`tendon data import pusht_cchi_v7_replay.zarr datasets/push-t\`.
`;

/** Text files of `datasets/push-t`, by path; its replay buffer is published without them. */
export const PUSH_T_TEXTS: ReadonlyMap<string, string> = new Map([
  ["LICENSE", LICENSE],
  ["NOTICE.md", NOTICE],
]);
