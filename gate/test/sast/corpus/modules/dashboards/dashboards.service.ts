import { Injectable } from '@nestjs/common';
import { deepExtend, deepUpdate } from './object.utils.js';

@Injectable()
export class DashboardsService {
  private readonly dashboards = new Map<string, Record<string, any>>();

  patch(id: string, changes: Record<string, unknown>) {
    const dashboard = this.dashboards.get(id) ?? { widgets: {}, layout: {} };
    this.dashboards.set(id, deepExtend(dashboard, changes));
    return this.dashboards.get(id);
  }

  layout(id: string, layout: Record<string, unknown>) {
    const dashboard = this.dashboards.get(id) ?? { widgets: {}, layout: {} };
    dashboard.layout = deepUpdate(dashboard.layout, layout);
    this.dashboards.set(id, dashboard);
    return dashboard;
  }
}
