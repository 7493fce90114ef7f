/** The two data sources, by the uids that grafana/provisioning/datasources/ gives them. */
import type * as common from '@grafana/grafana-foundation-sdk/common';

export const PROMETHEUS: common.DataSourceRef = { type: 'prometheus', uid: 'prometheus' };
export const LOKI: common.DataSourceRef = { type: 'loki', uid: 'loki' };
