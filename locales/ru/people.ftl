# Accounts, sign-in, organisations.

people-sign-up = Создать учётную запись
people-sign-up-lead = С учётной записью можно в любой момент остановиться и вернуться и видеть, где ваша заявка.
people-sign-up-button = Продолжить
people-have-account = Уже есть учётная запись?
people-no-account = Ещё нет учётной записи?
people-name = Имя
people-name-hint = Как к вам обращаться.
people-email = Адрес электронной почты
people-email-hint = Туда придёт ссылка и сообщения о каждом изменении заявки.
people-password = Пароль
people-new-password = Новый пароль
people-current-password = Текущий пароль
people-password-hint = Не менее 12 символов. Несколько не связанных слов легко запомнить и трудно угадать.
people-sign-in-failed = Адрес и пароль не подходят друг к другу. Проверьте их или выберите новый пароль.
people-too-many-attempts = Слишком много неверных паролей для этого адреса или из вашей сети. Подождите четверть часа или выберите новый пароль.
people-busy-title = Сейчас входит много людей
people-busy = { $ahead ->
        [one] Перед вами { $ahead } человек.
        [few] Перед вами { $ahead } человека.
       *[other] Перед вами { $ahead } человек.
    }
people-busy-wait = { $seconds ->
        [one] Повторите попытку примерно через { $seconds } секунду.
        [few] Повторите попытку примерно через { $seconds } секунды.
       *[other] Повторите попытку примерно через { $seconds } секунд.
    }
people-busy-reload = Эта страница сама снова откроет форму. Ваш адрес электронной почты сохранён.
people-busy-again = Войти сейчас
people-forgot-link = Забыли пароль?
people-forgot-title = Выбрать новый пароль
people-forgot-lead = Укажите адрес, и мы пришлём ссылку.
people-forgot-button = Отправить ссылку
people-check-mail-title = Проверьте почту
people-check-mail-text = Если { $email } принимает почту, письмо со ссылкой уже в пути. Ссылка действует 24 часа. Ничего нет? Загляните в спам.
people-choose-title = Выберите пароль
people-choose-button = Сохранить и войти
people-link-unusable-title = Эта ссылка больше не действует
people-link-unusable-text = Она уже использована или старше суток.
people-link-unusable-again = Прислать новую
people-account = Ваша учётная запись
people-language = Язык
people-language-hint = Язык страниц и писем.
people-save = Сохранить
people-change-password = Сменить пароль
people-sessions = Где вы вошли
people-sessions-text = Сеанс заканчивается через 2 часа без использования и через 12 часов после входа. Если вы входили на чужом устройстве или какой-то сеанс вам незнаком, завершите все сеансы и смените пароль. Здесь тоже придётся войти снова.
people-browser = Браузер
people-unknown-browser = Неизвестный браузер
people-network = Сетевой адрес
people-signed-in-at = Вход
people-used-at = Последнее использование
people-this-session = Этот сеанс
people-sign-out-everywhere = Выйти везде
people-accounts = Учётные записи
people-organisations = Организации
people-roles = Роли
people-organisation = Организация
people-organisation-hint = Её код. Сотрудники относятся к ведомству, представители — к спонсору.
people-state = Состояние
people-actions = Действия
people-active = Активна
people-unconfirmed = Не подтверждена
people-disabled = Заблокирована
people-disable = Заблокировать
people-enable = Разблокировать
people-next-page = Следующая страница
people-add-account = Добавить учётную запись
people-add-organisation = Добавить организацию
people-code = Код
people-code-hint = Строчные латинские буквы, цифры и дефисы.
people-kind = Вид
people-territory = Страна
people-territory-hint = Две буквы, например KZ.
people-change = Изменить
people-change-roles = Роли и организация
people-change-roles-hint = Новые права действуют сразу. Дела, которые взял этот человек и которые он больше не вправе рассматривать, вернутся в очередь.
people-clients = Клиенты API
people-clients-lead = Программы, которые работают с API от имени организации. Оператор создаёт их в командной строке: corridor client create.
people-no-clients = Клиентов API нет
people-new-secret = Новый секрет
people-make-secret = Создать новый секрет
people-new-secret-hint = Старый секрет и выданные по нему токены сразу перестанут действовать. Пока у программы нет нового секрета, она не может работать с API.
people-new-secret-shown = Скопируйте секрет сейчас. Он показывается только один раз.
role-applicant = Заявитель
role-sponsor = Представитель спонсора
role-officer = Сотрудник ведомства
role-supervisor = Руководитель
role-batch_manager = Менеджер партий
role-auditor = Аудитор
role-administrator = Администратор
role-verifier = Проверяющий
kind-authority = Ведомство
kind-sponsor = Спонсор
kind-verifier = Проверяющая организация
