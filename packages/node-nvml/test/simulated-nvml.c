/*
 * A simulated libnvidia-ml for tests: NVML's functions, answered out of the file `world` that lies beside the library.
 * SimulatedNvml (simulated-nvml.ts) writes that file, and replaces it as a whole while programs run. It is read again
 * whenever its time changed. Each of its lines is a key and its values, in the order in which `read_line` takes them.
 *
 * Declarations are our own words for what NVIDIA's header documents, and only of what is used. A build without a
 * function gives it another name: -DnvmlDeviceGetMigMode=without_nvmlDeviceGetMigMode
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

/* ---- NVML's structures ---------------------------------------------------------------------------------------- */

typedef void *nvmlDevice_t;
typedef int nvmlReturn_t;

typedef struct {
  char busIdLegacy[16];
  unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
  char busId[32];
} nvmlPciInfo_t;

typedef struct {
  unsigned int gpu, memory;
} nvmlUtilization_t;

typedef struct {
  unsigned long long total, free, used;
} nvmlMemory_t;

typedef struct {
  unsigned int version;
  unsigned long long total, reserved, free, used;
} nvmlMemory_v2_t;

typedef union {
  double dVal;
  int siVal;
  unsigned int uiVal;
  unsigned long ulVal;
  unsigned long long ullVal;
  signed long long sllVal;
  unsigned short usVal;
} nvmlValue_t;

typedef struct {
  unsigned int fieldId, scopeId;
  long long timestamp, latencyUsec;
  unsigned int valueType;
  nvmlReturn_t nvmlReturn;
  nvmlValue_t value;
} nvmlFieldValue_t;

typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
} nvmlProcessInfo_v1_t;

typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_t;

typedef struct {
  unsigned int pid;
  unsigned long long timeStamp;
  unsigned int smUtil, memUtil, encUtil, decUtil;
} nvmlProcessUtilizationSample_t;

typedef struct {
  unsigned int multiprocessorCount, sharedCopyEngineCount, sharedDecoderCount, sharedEncoderCount;
  unsigned int sharedJpegCount, sharedOfaCount, gpuInstanceSliceCount, computeInstanceSliceCount;
  unsigned long long memorySizeMB;
} nvmlDeviceAttributes_t;

enum {
  SUCCESS = 0,
  UNINITIALIZED = 1,
  INVALID_ARGUMENT = 2,
  NOT_SUPPORTED = 3,
  NOT_FOUND = 6,
  INSUFFICIENT_SIZE = 7,
  DRIVER_NOT_LOADED = 9,
  ARGUMENT_VERSION_MISMATCH = 25,
  UNKNOWN = 999,
};

/* ---- The world ------------------------------------------------------------------------------------------------ */

#define DEVICES 32
#define MANY 256
#define TEXT 96
#define NOBODY -1

typedef struct {
  unsigned int id, scope, type;
  int code;
  char value[TEXT]; /* a number, `energy` or `power` */
} field;

/* A GPU, or with a parent a MIG instance. */
typedef struct {
  char uuid[TEXT], name[TEXT], pci[TEXT];
  int parent, slot;
  unsigned int architecture, virtualisation;
  int lost;    /* code of every call, 0: it is there */
  int counter; /* code of the energy counter */
  double watts, since, quantum;
  unsigned long long energy; /* mJ at `since` */
  int restarts;              /* how often the counter began anew */
  int stuck;                 /* the counter does not move */
  double counter_watts;      /* what the counter counts; 0: the board's watts */
  double module_watts;       /* a superchip's; 0: there is none */
  int gpu_scope;             /* code of power fields about the GPU alone */
  unsigned int newest_field;
  unsigned int limit, default_limit, enforced_limit, min_limit, max_limit;
  unsigned int busy, memory_busy, temperature, clocks[4];
  unsigned long long total_memory, reserved_memory, used_memory, throttle;
  unsigned int mig_mode, mig_pending, max_mig, gpu_instance, compute_instance;
  nvmlDeviceAttributes_t attributes;
  field fields[MANY];
  int field_count;
  nvmlProcessInfo_t processes[MANY];
  unsigned int process_count;
  nvmlProcessUtilizationSample_t samples[MANY]; /* timeStamp 0: always now */
  unsigned int sample_count;
} gpu;

typedef struct {
  char call[TEXT];
  int device; /* NOBODY: of every device */
  int code;
  unsigned int milliseconds;
  int hangs;
} fault;

static struct {
  int loaded;
  char driver[TEXT], nvml[TEXT];
  int epoch;    /* how often the driver was loaded */
  double clock; /* seconds; negative: CLOCK_MONOTONIC */
  int banner;   /* errors are told as the toolkit's stub does */
  unsigned int process_bytes; /* of each nvmlProcessInfo_t that _v3 writes */
  gpu devices[DEVICES];
  int device_count;
  fault faults[MANY];
  int fault_count;
} world;

static int users;      /* inits without a shutdown */
static int generation; /* of handles: each first init makes the old ones void */
static int epoch;      /* the world's, when we were initialised */

static void read_device(gpu *d, const char *key, const char *rest) {
#define NUMBER(name, format, to) if (!strcmp(key, name)) sscanf(rest, format, to)
#define LINE(name, to) if (!strcmp(key, name)) snprintf(to, TEXT, "%s", rest)
  LINE("uuid", d->uuid);
  LINE("name", d->name);
  LINE("pci", d->pci);
  NUMBER("parent", "%d", &d->parent);
  NUMBER("slot", "%d", &d->slot);
  NUMBER("architecture", "%u", &d->architecture);
  NUMBER("virtualisation", "%u", &d->virtualisation);
  NUMBER("lost", "%d", &d->lost);
  NUMBER("counter", "%d", &d->counter);
  NUMBER("watts", "%lf", &d->watts);
  NUMBER("since", "%lf", &d->since);
  NUMBER("quantum", "%lf", &d->quantum);
  NUMBER("energy", "%llu", &d->energy);
  NUMBER("restarts", "%d", &d->restarts);
  NUMBER("stuck", "%d", &d->stuck);
  NUMBER("counter_watts", "%lf", &d->counter_watts);
  NUMBER("module_watts", "%lf", &d->module_watts);
  NUMBER("gpu_scope", "%d", &d->gpu_scope);
  NUMBER("newest_field", "%u", &d->newest_field);
  NUMBER("temperature", "%u", &d->temperature);
  NUMBER("throttle", "%llu", &d->throttle);
  if (!strcmp(key, "limits"))
    sscanf(rest, "%u %u %u %u %u", &d->limit, &d->default_limit, &d->enforced_limit, &d->min_limit,
           &d->max_limit);
  if (!strcmp(key, "busy")) sscanf(rest, "%u %u", &d->busy, &d->memory_busy);
  if (!strcmp(key, "clocks"))
    sscanf(rest, "%u %u %u %u", &d->clocks[0], &d->clocks[1], &d->clocks[2], &d->clocks[3]);
  if (!strcmp(key, "memory"))
    sscanf(rest, "%llu %llu %llu", &d->total_memory, &d->reserved_memory, &d->used_memory);
  if (!strcmp(key, "mig")) sscanf(rest, "%u %u %u", &d->mig_mode, &d->mig_pending, &d->max_mig);
  if (!strcmp(key, "instance")) sscanf(rest, "%u %u", &d->gpu_instance, &d->compute_instance);
  if (!strcmp(key, "attributes")) {
    nvmlDeviceAttributes_t *a = &d->attributes;
    sscanf(rest, "%u %u %u %u %u %u %u %u %llu", &a->multiprocessorCount, &a->gpuInstanceSliceCount,
           &a->computeInstanceSliceCount, &a->sharedCopyEngineCount, &a->sharedDecoderCount,
           &a->sharedEncoderCount, &a->sharedJpegCount, &a->sharedOfaCount, &a->memorySizeMB);
  }
  if (!strcmp(key, "field") && d->field_count < MANY) {
    field *f = &d->fields[d->field_count++];
    sscanf(rest, "%u %u %d %u %95s", &f->id, &f->scope, &f->code, &f->type, f->value);
  }
  if (!strcmp(key, "process") && d->process_count < MANY) {
    nvmlProcessInfo_t *p = &d->processes[d->process_count++];
    sscanf(rest, "%u %llu %u %u", &p->pid, &p->usedGpuMemory, &p->gpuInstanceId, &p->computeInstanceId);
  }
  if (!strcmp(key, "sample") && d->sample_count < MANY) {
    nvmlProcessUtilizationSample_t *s = &d->samples[d->sample_count++];
    sscanf(rest, "%u %llu %u %u %u %u", &s->pid, &s->timeStamp, &s->smUtil, &s->memUtil, &s->encUtil,
           &s->decUtil);
  }
}

static void read_line(const char *line) {
  char key[TEXT] = "";
  int used = 0, at = NOBODY;
  if (sscanf(line, "%95s %n", key, &used) != 1) return;
  const char *rest = line + used;
  LINE("driver", world.driver);
  LINE("nvml", world.nvml);
  NUMBER("epoch", "%d", &world.epoch);
  NUMBER("clock", "%lf", &world.clock);
  NUMBER("banner", "%d", &world.banner);
  NUMBER("process_bytes", "%u", &world.process_bytes);
  if (!strcmp(key, "fault") && world.fault_count < MANY) {
    fault *f = &world.faults[world.fault_count++];
    sscanf(rest, "%95s %d %d %u %d", f->call, &f->device, &f->code, &f->milliseconds, &f->hangs);
  }
  if (strcmp(key, "device") || sscanf(rest, "%d %95s %n", &at, key, &used) != 2) return;
  if (at < 0 || at >= DEVICES) return;
  for (; world.device_count <= at; world.device_count++) {
    world.devices[world.device_count].parent = NOBODY;
    world.devices[world.device_count].newest_field = ~0u;
  }
  read_device(&world.devices[at], key, rest + used);
}

nvmlReturn_t nvmlInit_v2(void);

/* Reads the world if it was replaced; the writer gives each version a time of its own. */
static void look(void) {
  static char path[4096];
  static struct timespec seen;
  if (!path[0]) {
    Dl_info info;
    dladdr((void *)nvmlInit_v2, &info);
    snprintf(path, sizeof path, "%s", info.dli_fname);
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, 8, "world");
  }
  struct stat status;
  if (stat(path, &status) != 0) return;
  if (world.loaded && seen.tv_sec == status.st_mtim.tv_sec && seen.tv_nsec == status.st_mtim.tv_nsec) return;
  FILE *file = fopen(path, "r");
  if (!file) return;
  seen = status.st_mtim;
  memset(&world, 0, sizeof world);
  world.loaded = 1;
  world.clock = -1;
  world.process_bytes = sizeof(nvmlProcessInfo_t);
  char line[512];
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    read_line(line);
  }
  fclose(file);
}

static double seconds_of(clockid_t id) {
  struct timespec time;
  clock_gettime(id, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static unsigned long long microseconds(void) { return (unsigned long long)(seconds_of(CLOCK_REALTIME) * 1e6); }

static void pause_for(unsigned int milliseconds) {
  struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  while (nanosleep(&time, &time) != 0) {
  }
}

static const fault *find_fault(const char *call, int device) {
  for (int i = 0; i < world.fault_count; i++) {
    const fault *f = &world.faults[i];
    if (!strcmp(f->call, call) && (f->device == NOBODY || f->device == device)) return f;
  }
  return NULL;
}

/* Every call begins here: it hangs as long as the world says, takes its time, and may fail. */
static int begin(const char *call, int device) {
  look();
  const fault *f = find_fault(call, device);
  while (f && f->hangs) {
    pause_for(5);
    look();
    f = find_fault(call, device);
  }
  if (!f) return SUCCESS;
  int code = f->code;
  if (f->milliseconds) pause_for(f->milliseconds);
  return code;
}

static int begin_initialised(const char *call, int device) {
  int code = begin(call, device);
  if (users == 0 || epoch != world.epoch) return UNINITIALIZED;
  return code;
}

/* Handles are no pointers here, so that whoever looks behind one crashes. */
static nvmlDevice_t handle_of(int device) {
  return (nvmlDevice_t)(uintptr_t)(0x1000 + generation * 0x10000 + device * 16);
}

static int begin_device(const char *call, nvmlDevice_t handle, gpu **found) {
  long offset = (long)(uintptr_t)handle - 0x1000 - generation * 0x10000L;
  int valid = offset >= 0 && offset % 16 == 0 && offset / 16 < DEVICES;
  int device = valid ? (int)(offset / 16) : NOBODY;
  int code = begin_initialised(call, device);
  if (code) return code;
  if (!valid || device >= world.device_count) return INVALID_ARGUMENT;
  *found = &world.devices[device];
  return (*found)->lost;
}

#define BEGIN_INITIALISED                               \
  do {                                                  \
    int code_ = begin_initialised(__func__, NOBODY);    \
    if (code_) return code_;                            \
  } while (0)

#define BEGIN_DEVICE(d)                                 \
  gpu *d = NULL;                                        \
  do {                                                  \
    int code_ = begin_device(__func__, device, &d);     \
    if (code_) return code_;                            \
  } while (0)

/* ---- Physics -------------------------------------------------------------------------------------------------- */

/* A MIG instance has no sensors: it shows the board's. */
static gpu *board_of(gpu *d) { return d->parent == NOBODY ? d : &world.devices[d->parent]; }

static unsigned long long exact_energy(const gpu *board, double watts) {
  if (board->stuck) return board->energy;
  double now = world.clock >= 0 ? world.clock : seconds_of(CLOCK_MONOTONIC);
  if (board->quantum > 0) now = board->quantum * (double)(long long)(now / board->quantum + 1e-9);
  double seconds = now - board->since;
  /* The microjoule is for what rounding in binary takes away. */
  return board->energy + (seconds > 0 ? (unsigned long long)(seconds * watts * 1000 + 1e-3) : 0);
}

/* A counter never falls unless it restarts, though the watts may have changed a moment before we heard of it. */
static unsigned long long energy_of(const gpu *board, int of_module) {
  static struct {
    int restarts;
    unsigned long long energy;
  } shown[DEVICES][2];
  double own = board->counter_watts > 0 ? board->counter_watts : board->watts;
  unsigned long long energy = exact_energy(board, of_module ? board->module_watts : own);
  int device = (int)(board - world.devices);
  if (shown[device][of_module].restarts != board->restarts || shown[device][of_module].energy < energy) {
    shown[device][of_module].restarts = board->restarts;
    shown[device][of_module].energy = energy;
  }
  return shown[device][of_module].energy;
}

static unsigned int milliwatts(double watts) { return (unsigned int)(watts * 1000 + 0.5); }

/* ---- Library and devices -------------------------------------------------------------------------------------- */

nvmlReturn_t nvmlInit_v2(void) {
  int code = begin(__func__, NOBODY);
  if (code) return code;
  if (!world.loaded) return DRIVER_NOT_LOADED;
  if (users == 0 || epoch != world.epoch) {
    users = 0;
    generation++;
    epoch = world.epoch;
  }
  users++;
  return SUCCESS;
}

nvmlReturn_t nvmlShutdown(void) {
  int code = begin(__func__, NOBODY);
  if (code) return code;
  if (epoch != world.epoch) users = 0;
  if (users == 0) return UNINITIALIZED;
  users--;
  return SUCCESS;
}

const char *nvmlErrorString(nvmlReturn_t code) {
  look();
  if (world.banner)
    return "\nWARNING:\n\nYou should always run with libnvidia-ml.so that is installed with your\n"
           "NVIDIA Display Driver.\nlibnvidia-ml.so in GDK package is a stub library.\n";
  switch (code) {
    case SUCCESS: return "Success";
    case NOT_SUPPORTED: return "Not Supported";
    case DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case 15: return "GPU is lost";
    default: return "Unknown Error";
  }
}

static nvmlReturn_t put_text(const char *text, char *to, unsigned int length) {
  if (!to) return INVALID_ARGUMENT;
  if (strlen(text) + 1 > length) return INSUFFICIENT_SIZE;
  strcpy(to, text);
  return SUCCESS;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length) {
  BEGIN_INITIALISED;
  return put_text(world.driver, version, length);
}

nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned int length) {
  int code = begin(__func__, NOBODY);
  return code ? code : put_text(world.nvml, version, length);
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
  BEGIN_INITIALISED;
  *count = 0;
  for (int i = 0; i < world.device_count; i++) *count += world.devices[i].parent == NOBODY;
  return SUCCESS;
}

/* A lost GPU has no handle. */
static nvmlReturn_t give(const char *call, int device, nvmlDevice_t *handle) {
  int code = begin_initialised(call, device);
  if (code) return code;
  if (world.devices[device].lost) return world.devices[device].lost;
  *handle = handle_of(device);
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *handle) {
  look();
  for (int i = 0; i < world.device_count; i++)
    if (world.devices[i].parent == NOBODY && index-- == 0) return give(__func__, i, handle);
  BEGIN_INITIALISED;
  return INVALID_ARGUMENT;
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *handle) {
  look();
  for (int i = 0; i < world.device_count; i++)
    if (!strcmp(world.devices[i].uuid, uuid)) return give(__func__, i, handle);
  BEGIN_INITIALISED;
  return NOT_FOUND;
}

static int same_place(const char *a, const char *b) {
  unsigned int x[3] = {0}, y[3] = {0};
  return sscanf(a, "%x:%x:%x", &x[0], &x[1], &x[2]) == 3 && sscanf(b, "%x:%x:%x", &y[0], &y[1], &y[2]) == 3 &&
         !memcmp(x, y, sizeof x);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *bus_id, nvmlDevice_t *handle) {
  look();
  for (int i = 0; i < world.device_count; i++)
    if (world.devices[i].parent == NOBODY && same_place(world.devices[i].pci, bus_id))
      return give(__func__, i, handle);
  BEGIN_INITIALISED;
  return NOT_FOUND;
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length) {
  BEGIN_DEVICE(d);
  return put_text(d->name, name, length);
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length) {
  BEGIN_DEVICE(d);
  return put_text(d->uuid, uuid, length);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
  BEGIN_DEVICE(d);
  d = board_of(d);
  memset(pci, 0, sizeof *pci);
  sscanf(d->pci, "%x:%x:%x", &pci->domain, &pci->bus, &pci->device);
  snprintf(pci->busId, sizeof pci->busId, "%.31s", d->pci);
  snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04X:%02X:%02X.0", pci->domain & 0xffff,
           pci->bus & 0xff, pci->device & 0x1f);
  pci->pciDeviceId = 0x233010de;
  pci->pciSubSystemId = 0x16c110de;
  return SUCCESS;
}

/* ---- Calls that give one or two numbers ----------------------------------------------------------------------- */

#define GIVES(call, type, expression)                   \
  nvmlReturn_t call(nvmlDevice_t device, type *value) { \
    BEGIN_DEVICE(d);                                    \
    *value = (expression);                              \
    return SUCCESS;                                     \
  }

GIVES(nvmlDeviceGetArchitecture, unsigned int, board_of(d)->architecture)
GIVES(nvmlDeviceGetVirtualizationMode, unsigned int, board_of(d)->virtualisation)
GIVES(nvmlDeviceGetPowerUsage, unsigned int, milliwatts(board_of(d)->watts))
GIVES(nvmlDeviceGetPowerManagementLimit, unsigned int, board_of(d)->limit)
GIVES(nvmlDeviceGetPowerManagementDefaultLimit, unsigned int, board_of(d)->default_limit)
GIVES(nvmlDeviceGetEnforcedPowerLimit, unsigned int, board_of(d)->enforced_limit)
GIVES(nvmlDeviceGetCurrentClocksEventReasons, unsigned long long, board_of(d)->throttle)
GIVES(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, board_of(d)->throttle)
GIVES(nvmlDeviceGetMaxMigDeviceCount, unsigned int, d->max_mig)

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long *energy) {
  BEGIN_DEVICE(d);
  gpu *board = board_of(d);
  if (board->counter) return board->counter;
  *energy = energy_of(board, 0);
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t device, unsigned int *min,
                                                          unsigned int *max) {
  BEGIN_DEVICE(d);
  *min = board_of(d)->min_limit;
  *max = board_of(d)->max_limit;
  return SUCCESS;
}

static int is_divided(gpu *d) { return board_of(d)->mig_mode != 0; }

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates) {
  BEGIN_DEVICE(d);
  if (is_divided(d)) return NOT_SUPPORTED;
  rates->gpu = d->busy;
  rates->memory = d->memory_busy;
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, unsigned int sensor, unsigned int *celsius) {
  BEGIN_DEVICE(d);
  if (sensor != 0) return INVALID_ARGUMENT;
  *celsius = board_of(d)->temperature;
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, unsigned int clock, unsigned int *megahertz) {
  BEGIN_DEVICE(d);
  if (clock > 3) return INVALID_ARGUMENT;
  *megahertz = board_of(d)->clocks[clock];
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
  BEGIN_DEVICE(d);
  memory->total = d->total_memory;
  memory->used = d->used_memory + d->reserved_memory;
  memory->free = memory->total - memory->used;
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory) {
  BEGIN_DEVICE(d);
  if (memory->version != (sizeof *memory | 2u << 24)) return ARGUMENT_VERSION_MISMATCH;
  memory->total = d->total_memory;
  memory->reserved = d->reserved_memory;
  memory->used = d->used_memory;
  memory->free = memory->total - memory->used - memory->reserved;
  return SUCCESS;
}

/* ---- Fields --------------------------------------------------------------------------------------------------- */

static void put_value(nvmlFieldValue_t *to, unsigned int type, const char *text) {
  to->valueType = type;
  switch (type) {
    case 0: to->value.dVal = atof(text); break;
    case 1: to->value.uiVal = (unsigned int)strtoul(text, NULL, 10); break;
    case 2: to->value.ulVal = strtoul(text, NULL, 10); break;
    case 3: to->value.ullVal = strtoull(text, NULL, 10); break;
    case 4: to->value.sllVal = strtoll(text, NULL, 10); break;
    case 5: to->value.siVal = atoi(text); break;
    case 6: to->value.usVal = (unsigned short)atoi(text); break;
    default: to->value.ullVal = 0x5555555555555555ull; /* a type of the future */
  }
}

static int put_energy(nvmlFieldValue_t *to, const gpu *board, int of_module) {
  to->valueType = 3;
  to->value.ullVal = energy_of(board, of_module);
  return board->counter;
}

static int put_milliwatts(nvmlFieldValue_t *to, unsigned int value) {
  to->valueType = 1;
  to->value.uiVal = value;
  return SUCCESS;
}

/* What a driver answers by itself: energy and power of the GPU, and of the module where there is one. */
static int put_own(nvmlFieldValue_t *to, gpu *board) {
  int of_module = to->scopeId == 1 && board->module_watts > 0;
  if (to->scopeId != 0 && !of_module) return NOT_SUPPORTED;
  double watts = of_module ? board->module_watts : board->watts;
  switch (to->fieldId) {
    case 83:
    case 191: return put_energy(to, board, of_module);
    case 185:
    case 186: return of_module || !board->gpu_scope ? put_milliwatts(to, milliwatts(watts)) : board->gpu_scope;
    case 187: return put_milliwatts(to, board->min_limit);
    case 188: return put_milliwatts(to, board->max_limit);
    case 189: return put_milliwatts(to, board->default_limit);
    case 190: return put_milliwatts(to, board->enforced_limit);
    case 192: return put_milliwatts(to, board->limit);
    default: return NOT_SUPPORTED;
  }
}

static int put_field(nvmlFieldValue_t *to, gpu *board) {
  if (to->fieldId > board->newest_field) return INVALID_ARGUMENT;
  for (int i = 0; i < board->field_count; i++) {
    const field *f = &board->fields[i];
    if (f->id != to->fieldId || f->scope != to->scopeId) continue;
    if (f->code) return f->code;
    if (!strcmp(f->value, "energy")) return put_energy(to, board, 0);
    if (!strcmp(f->value, "power")) return put_milliwatts(to, milliwatts(board->watts));
    put_value(to, f->type, f->value);
    return SUCCESS;
  }
  return put_own(to, board);
}

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values) {
  BEGIN_DEVICE(d);
  int code = INVALID_ARGUMENT;
  for (int i = 0; i < count; i++) {
    nvmlFieldValue_t *value = &values[i];
    value->timestamp = (long long)microseconds();
    value->latencyUsec = 7;
    value->nvmlReturn = put_field(value, board_of(d));
    /* It succeeds if any field did. */
    if (i == 0 || value->nvmlReturn == SUCCESS) code = value->nvmlReturn;
  }
  return code;
}

/* ---- Processes ------------------------------------------------------------------------------------------------ */

static nvmlReturn_t put_processes(gpu *d, unsigned int *count, char *to, unsigned int bytes_each) {
  unsigned int room = *count;
  *count = d->process_count;
  if (room < d->process_count) return INSUFFICIENT_SIZE;
  for (unsigned int i = 0; i < d->process_count; i++) {
    struct {
      nvmlProcessInfo_t known;
      unsigned long long protectedMemory;
    } info = {d->processes[i], 0};
    memcpy(to + i * bytes_each, &info, bytes_each);
  }
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(nvmlDevice_t device, unsigned int *count,
                                                  nvmlProcessInfo_v1_t *infos) {
  BEGIN_DEVICE(d);
  return put_processes(d, count, (char *)infos, sizeof *infos);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(nvmlDevice_t device, unsigned int *count,
                                                     nvmlProcessInfo_t *infos) {
  BEGIN_DEVICE(d);
  return put_processes(d, count, (char *)infos, sizeof *infos);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count,
                                                     nvmlProcessInfo_t *infos) {
  BEGIN_DEVICE(d);
  return put_processes(d, count, (char *)infos, world.process_bytes);
}

nvmlReturn_t nvmlDeviceGetProcessUtilization(nvmlDevice_t device, nvmlProcessUtilizationSample_t *samples,
                                             unsigned int *count, unsigned long long last_seen) {
  BEGIN_DEVICE(d);
  if (is_divided(d)) return NOT_SUPPORTED;
  unsigned int room = samples ? *count : 0, found = 0;
  unsigned long long now = microseconds();
  for (unsigned int i = 0; i < d->sample_count; i++) {
    nvmlProcessUtilizationSample_t sample = d->samples[i];
    if (sample.timeStamp == 0) sample.timeStamp = now;
    if (sample.timeStamp <= last_seen) continue;
    if (found < room) samples[found] = sample;
    found++;
  }
  *count = found;
  if (found == 0) return NOT_FOUND;
  return found > room ? INSUFFICIENT_SIZE : SUCCESS;
}

/* ---- MIG ------------------------------------------------------------------------------------------------------ */

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *current, unsigned int *pending) {
  BEGIN_DEVICE(d);
  if (d->max_mig == 0 && !d->mig_mode && !d->mig_pending) return NOT_SUPPORTED;
  *current = d->mig_mode;
  *pending = d->mig_pending;
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int index, nvmlDevice_t *mig) {
  BEGIN_DEVICE(d);
  if (index >= d->max_mig) return INVALID_ARGUMENT;
  for (int i = 0; i < world.device_count; i++) {
    const gpu *candidate = &world.devices[i];
    if (candidate->parent == NOBODY || &world.devices[candidate->parent] != d) continue;
    if (candidate->slot != (int)index) continue;
    *mig = handle_of(i);
    return SUCCESS;
  }
  return NOT_FOUND;
}

nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t device, nvmlDevice_t *parent) {
  BEGIN_DEVICE(d);
  if (d->parent == NOBODY) return INVALID_ARGUMENT;
  *parent = handle_of(d->parent);
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned int *id) {
  BEGIN_DEVICE(d);
  if (d->parent == NOBODY) return NOT_SUPPORTED;
  *id = d->gpu_instance;
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t device, unsigned int *id) {
  BEGIN_DEVICE(d);
  if (d->parent == NOBODY) return NOT_SUPPORTED;
  *id = d->compute_instance;
  return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetAttributes_v2(nvmlDevice_t device, nvmlDeviceAttributes_t *attributes) {
  BEGIN_DEVICE(d);
  if (d->parent == NOBODY) return NOT_SUPPORTED;
  *attributes = d->attributes;
  return SUCCESS;
}
