#!/bin/sh
# Keeps one issue open while accepted risks (sluice.yaml) have expired or end within two weeks. Needs gh and GH_TOKEN.
set -eu
title='Accepted risks end soon'
npm ci --ignore-scripts --no-audit --no-fund > /dev/null
npx --no-install sluice waivers --json > waivers.json
jq --raw-output '.[] | select(.state == "expiring" or .state == "expired")
  | "- `\(.id)`, \(.owner): \(if .daysLeft < 0 then "expired on \(.expires)" else "\(.daysLeft) days left, until \(.expires)" end). \(.reason)"' \
  waivers.json > body.md
open=$(gh issue list --state open --search "in:title $title" --json number,title --jq ".[] | select(.title == \"$title\") | .number" | head -n 1)
if [ ! -s body.md ]; then
  [ -z "$open" ] || gh issue close "$open" --comment 'None ends within two weeks any more.'
elif [ -n "$open" ]; then
  gh issue edit "$open" --body-file body.md
else
  gh issue create --title "$title" --body-file body.md
fi
