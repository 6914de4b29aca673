/* The field that opens a channel by its number, and the words where none has that number. */
(() => {
"use strict";
const ll = layerlight, { $, on, hear, say, setup } = ll;
const field = $("#find"), last = setup.channels - 1;
on(field, "change", () => {
  const [, channel] = /^#?(\d+)$/.exec(field.value.trim()) ?? [];
  if (channel) ll.go("#" + channel); else say("message", `A channel is a number from 0 to ${last}.`);
});
hear("channel", ({ channel }) => {
  field.value = channel;
  say("message", "");
});
ll.missing = channel => {
  if (channel <= last) return false;
  say("message", `There is no channel ${channel} here. ${setup.layer} has channels 0 to ${last}.`);
  return true;
};
})();
